package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.Layout;
import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Which preprocessing a checkpoint gets: the option's; else what transformers' {@code preprocessor_config.json} or timm's
 * {@code pretrained_cfg} says; else the published rule of its code base.
 */
final class RecipeChoice {
    private static final double BYTE = 1 / 255.0;

    private RecipeChoice() {}

    static DeclaredValues.Sourced<Recipe> choose(
            String location,
            Layout layout,
            SwinConfig config,
            Optional<ConfigFile> configFile,
            Optional<JsonFile> preprocessor,
            ModelOptions options) {
        if (options.recipe().isPresent()) {
            return named(location, options.recipe().get(), config);
        }
        switch (layout.convention()) {
            case HUGGINGFACE, HUGGINGFACE_BACKBONE -> {
                if (preprocessor.isPresent()) {
                    JsonFile file = preprocessor.get();
                    return new DeclaredValues.Sourced<>(huggingFace(file, config, options), file.name());
                }
            }
            case TIMM, TIMM_FLOOR, MICROSOFT -> {
                if (configFile.isPresent()) {
                    return new DeclaredValues.Sourced<>(
                            timm(configFile.get().preprocessing(), config), "config.json: pretrained_cfg");
                }
            }
            default -> {}
        }
        return byLayout(layout, config);
    }

    /** The recipe that a person asks for by name. */
    static DeclaredValues.Sourced<Recipe> named(String location, String name, SwinConfig config) {
        String source = "--recipe " + name;
        return switch (name) {
            case "microsoft" -> new DeclaredValues.Sourced<>(microsoft(config), source);
            case "timm" ->
                new DeclaredValues.Sourced<>(
                        Recipe.timm(config.image().height(), config.image().width()), source);
            case "hf" ->
                new DeclaredValues.Sourced<>(
                        Recipe.huggingFace(
                                config.image().height(), config.image().width()),
                        source);
            case "torchvision" -> new DeclaredValues.Sourced<>(torchvision(config), source);
            default ->
                throw new CheckpointException(
                        "%s: no recipe is named '%s'; there are microsoft, timm, hf and torchvision", location, name);
        };
    }

    /** The published rule of a code base. */
    static DeclaredValues.Sourced<Recipe> byLayout(Layout layout, SwinConfig config) {
        String source = "rule of " + layout.name();
        int height = config.image().height();
        int width = config.image().width();
        return switch (layout.convention()) {
            case TIMM, TIMM_FLOOR -> new DeclaredValues.Sourced<>(Recipe.timm(height, width), source);
            case HUGGINGFACE, HUGGINGFACE_BACKBONE ->
                new DeclaredValues.Sourced<>(Recipe.huggingFace(height, width), source);
            case TORCHVISION -> new DeclaredValues.Sourced<>(torchvision(config), source);
            case MICROSOFT -> new DeclaredValues.Sourced<>(microsoft(config), source);
            case DETECTION, MMPRETRAIN ->
                new DeclaredValues.Sourced<>(microsoft(config), "rule of microsoft, for " + layout.name());
        };
    }

    private static Recipe microsoft(SwinConfig config) {
        return Recipe.microsoft(config.image().height(), config.image().width());
    }

    /** torchvision tuned the resized size for each of its published networks, which their first stages tell apart. */
    private static Recipe torchvision(SwinConfig config) {
        int height = config.image().height();
        int width = config.image().width();
        boolean wide = config.embedDim() >= 128;
        if (config.version() == SwinVersion.V2) {
            return wide ? Recipe.torchvision(height, width, 272, 256) : Recipe.torchvision(height, width, 260, 256);
        }
        boolean deep = config.stages() > 2 && config.depths().get(2) > 6;
        int resize = wide ? 238 : deep ? 246 : 232;
        return Recipe.torchvision(height, width, resize, 224);
    }

    private static Recipe huggingFace(JsonFile file, SwinConfig config, ModelOptions options) {
        if (!file.flag("do_resize").orElse(true)) {
            throw file.wrong("do_resize", "is false, but images come in all sizes; name a recipe, as in --recipe hf");
        }
        if (file.flag("do_center_crop").orElse(false) || file.has("crop_pct")) {
            throw file.wrong(
                    file.has("crop_pct") ? "crop_pct" : "do_center_crop",
                    "is not how transformers prepares images for Swin; name a recipe, as in --recipe hf");
        }
        if (!file.flag("do_rescale").orElse(true)
                || Math.abs(file.number("rescale_factor").orElse(BYTE) - BYTE) > 1e-9) {
            throw file.wrong("rescale_factor", "is not 1/255, to which every published Swin was trained");
        }
        requireVit(file);
        boolean normalizes = file.flag("do_normalize").orElse(true);
        ImageSize size = options.imageSize().orElseGet(() -> size(file).orElse(config.image()));
        Recipe rule = Recipe.huggingFace(size.height(), size.width());
        return new Recipe(
                rule.name(),
                rule.resize(),
                rule.resizeHeight(),
                rule.resizeWidth(),
                rule.cropHeight(),
                rule.cropWidth(),
                filter(file),
                normalizes ? colours(file, "image_mean") : List.of(0.0, 0.0, 0.0),
                normalizes ? colours(file, "image_std") : List.of(1.0, 1.0, 1.0));
    }

    /** The classes that prepare images as described here; transformers has others, for segmentation and documents. */
    private static void requireVit(JsonFile file) {
        Optional<String> type = file.text("image_processor_type").or(() -> file.text("feature_extractor_type"));
        if (type.isPresent() && !type.get().startsWith("ViT") && !type.get().startsWith("Swin")) {
            throw file.wrong(
                    "image_processor_type",
                    "is %s, which prepares images in another way; name a recipe, as in --recipe hf"
                            .formatted(type.get()));
        }
    }

    /** One number for each colour, or one for all; what a file leaves out is one half, as in transformers' class. */
    private static List<Double> colours(JsonFile file, String key) {
        if (file.json().path(key).isNumber()) {
            return Collections.nCopies(3, file.json().get(key).asDouble());
        }
        return three(file, key).orElse(List.of(0.5, 0.5, 0.5));
    }

    private static Optional<List<Double>> three(JsonFile file, String key) {
        Optional<List<Double>> numbers = file.numbers(key);
        if (numbers.isPresent() && numbers.get().size() != 3) {
            throw file.wrong(key, "is %s; red, green and blue need a number each".formatted(numbers.get()));
        }
        return numbers;
    }

    /** {@code size} is a side, or since transformers 4.26 an object. */
    private static Optional<ImageSize> size(JsonFile file) {
        if (!file.has("size") || !file.json().get("size").isObject()) {
            return file.imageSize("size");
        }
        JsonFile size = file.child("size");
        if (size.has("shortest_edge")) {
            throw file.wrong("size", "has shortest_edge, but transformers squashes images for Swin; name a recipe");
        }
        return size.integer("height")
                .flatMap(height -> size.integer("width").map(width -> file.size("size", height, width)));
    }

    /** Pillow's number of the filter; transformers' class has bilinear where a file leaves it out. */
    private static Recipe.Filter filter(JsonFile file) {
        int resample = file.integer("resample").orElse(2);
        return switch (resample) {
            case 0 -> Recipe.Filter.NEAREST;
            case 1 -> Recipe.Filter.LANCZOS;
            case 2 -> Recipe.Filter.BILINEAR;
            case 3 -> Recipe.Filter.BICUBIC;
            case 4 -> Recipe.Filter.BOX;
            case 5 -> Recipe.Filter.HAMMING;
            default -> throw file.wrong("resample", "is %s; Pillow's filters are 0 to 5".formatted(resample));
        };
    }

    private static Recipe timm(JsonFile pretrained, SwinConfig config) {
        Recipe rule = Recipe.timm(config.image().height(), config.image().width());
        String interpolation = pretrained.text("interpolation").orElse("bicubic");
        Recipe.Filter filter =
                switch (interpolation) {
                    case "nearest" -> Recipe.Filter.NEAREST;
                    case "box" -> Recipe.Filter.BOX;
                    case "bilinear" -> Recipe.Filter.BILINEAR;
                    case "hamming" -> Recipe.Filter.HAMMING;
                    case "bicubic" -> Recipe.Filter.BICUBIC;
                    case "lanczos" -> Recipe.Filter.LANCZOS;
                    default ->
                        throw pretrained.wrong(
                                "interpolation",
                                "is %s; nearest, box, bilinear, hamming, bicubic and lanczos are read"
                                        .formatted(interpolation));
                };
        String cropMode = pretrained.text("crop_mode").orElse("center");
        Recipe.Resize resize =
                switch (cropMode) {
                    case "center" -> Recipe.Resize.SHORT_SIDE;
                    case "squash" -> Recipe.Resize.SQUASH;
                    case "border" -> Recipe.Resize.FIT;
                    default ->
                        throw pretrained.wrong(
                                "crop_mode", "is %s; center, squash and border are read".formatted(cropMode));
                };
        double crop = pretrained.number("crop_pct").orElse(0.9);
        if (!(crop >= 0.01 && crop <= 10)) { // of which NaN is none either
            throw pretrained.wrong("crop_pct", "is %s, expected a part of the image such as 0.9".formatted(crop));
        }
        return Recipe.timm(
                rule.cropHeight(),
                rule.cropWidth(),
                resize,
                crop,
                filter,
                three(pretrained, "mean").orElse(rule.mean()),
                three(pretrained, "std").orElse(rule.std()));
    }
}
