package io.swinlake.model;

import io.swinlake.swin.ImageSize;
import io.swinlake.swin.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names under which checkpoints are published tell window and image size: {@code swin_tiny_patch4_window7_224},
 * {@code swinv2_base_window12to16_192to256} for one pre-trained with windows of 12 tokens at 192 pixels.
 *
 * @param name the part that was understood
 * @param windows per stage, where they differ
 */
record PublishedName(
        String name,
        int window,
        int image,
        Optional<Integer> pretrainedWindow,
        int pretrainedImage,
        Optional<List<Window>> windows) {
    private static final int PATCH_SIZE = 4;
    private static final Pattern NAME = Pattern.compile(
            "swin[a-z0-9_-]*[_-]window(\\d{1,3})(?:to(\\d{1,3}))?[_-](\\d{2,4})(?:to(\\d{2,4}))?(?!\\d)");

    /** timm's networks of a searched space, arXiv:2111.14725, whose stages have different windows. */
    private static final Pattern SEARCHED = Pattern.compile("swin_s3_(tiny|small|base)_224");

    private static final Map<String, List<Integer>> SEARCHED_WINDOWS = Map.of(
            "tiny", List.of(7, 7, 14, 7),
            "small", List.of(14, 14, 14, 7),
            "base", List.of(7, 7, 14, 7));

    static Optional<PublishedName> find(String text) {
        Matcher searched = SEARCHED.matcher(text);
        if (searched.find()) {
            List<Window> windows = SEARCHED_WINDOWS.get(searched.group(1)).stream()
                    .map(Window::square)
                    .toList();
            return Optional.of(
                    new PublishedName(searched.group(), 14, 224, Optional.empty(), 224, Optional.of(windows)));
        }
        Matcher matcher = NAME.matcher(text);
        if (!matcher.find()) {
            return Optional.empty();
        }
        int firstWindow = Integer.parseInt(matcher.group(1));
        int firstImage = Integer.parseInt(matcher.group(3));
        boolean fineTuned = matcher.group(2) != null && matcher.group(4) != null;
        return Optional.of(new PublishedName(
                matcher.group(),
                fineTuned ? Integer.parseInt(matcher.group(2)) : firstWindow,
                fineTuned ? Integer.parseInt(matcher.group(4)) : firstImage,
                fineTuned ? Optional.of(firstWindow) : Optional.empty(),
                firstImage,
                Optional.empty()));
    }

    /** As the original repository lists them: {@code [12, 12, 12, 6]}, the last one clamped by its map of 192 / 32 tokens. */
    List<Integer> pretrainedWindows(int stages) {
        if (pretrainedWindow.isEmpty()) {
            return Collections.nCopies(stages, 0);
        }
        List<Integer> windows = new ArrayList<>();
        for (int stage = 0; stage < stages; stage++) {
            windows.add(Math.min(pretrainedWindow.get(), (pretrainedImage / PATCH_SIZE) >> stage));
        }
        return windows;
    }

    DeclaredValues declaredValues(int stages, String source) {
        return new DeclaredValues(
                Optional.of(new DeclaredValues.Sourced<>(ImageSize.square(image), source)),
                Optional.of(new DeclaredValues.Sourced<>(
                        windows.orElseGet(() -> Window.everywhere(Window.square(window), stages)), source)),
                Optional.of(new DeclaredValues.Sourced<>(pretrainedWindows(stages), source)),
                Optional.empty());
    }
}
