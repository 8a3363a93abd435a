package io.swinlake.layout;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.WeightsChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which dict of a training file is the network: the one that a layout recognises. Where there are several, such as a model
 * and its moving average, the rule of the library that wrote the file decides, and where there is none, the user.
 */
public final class NetworkChoice implements WeightsChoice {
    /** The order in which timm's {@code load_state_dict} looks. */
    private static final List<String> TIMM_ORDER = List.of("state_dict_ema", "model_ema", "state_dict", "model");

    /** What mmengine loads; its {@code ema_state_dict} is the other of the two, which it exchanged when it saved. */
    private static final String MMENGINE = "state_dict";

    private final Optional<String> wanted;

    private NetworkChoice(Optional<String> wanted) {
        this.wanted = wanted;
    }

    /**
     * Chooses by what the user says.
     *
     * @param wanted what {@code --weights} says: the keys to a dict, or the beginning of the names in it, or both
     */
    public static NetworkChoice of(Optional<String> wanted) {
        return new NetworkChoice(wanted);
    }

    private record Found(Candidate candidate, List<Layout.Network> networks) {
        String key() {
            return candidate.key();
        }
    }

    @Override
    public Chosen choose(String location, List<Candidate> candidates) {
        List<Found> found = new ArrayList<>();
        for (Candidate candidate : candidates) {
            List<Layout.Network> networks = Layout.networks(candidate.names());
            if (!networks.isEmpty()) {
                found.add(new Found(candidate, networks));
            }
        }
        if (wanted.isPresent()) {
            return wanted(location, wanted.get(), found);
        }
        if (found.isEmpty()) { // the largest is then refused for what it is
            return WeightsChoice.LARGEST.choose(location, candidates);
        }
        if (found.size() == 1) {
            return new Chosen(found.get(0).key(), "the only one with a Swin network");
        }
        return byRule(found)
                .orElseThrow(() -> new CheckpointException(
                        "%s: holds %d Swin networks: %s. Say which: --weights %s",
                        location, found.size(), listed(found), found.get(0).key()));
    }

    private static Chosen wanted(String location, String key, List<Found> found) {
        for (Found each : found) {
            boolean isInside = each.networks().stream().anyMatch(network -> network.isAt(each.key(), key));
            if (each.key().equals(key) || isInside) {
                return new Chosen(each.key(), "--weights");
            }
        }
        throw new CheckpointException(
                "%s: --weights %s is none of its Swin networks; there are %s",
                location, key, found.isEmpty() ? "none" : listed(found));
    }

    private static Optional<Chosen> byRule(List<Found> found) {
        List<String> keys = found.stream().map(Found::key).toList();
        boolean isTimm = found.stream()
                .flatMap(each -> each.networks().stream())
                .allMatch(network -> network.layout().isTimmOrMicrosoft());
        if (isTimm && TIMM_ORDER.containsAll(keys)) {
            String first =
                    TIMM_ORDER.stream().filter(keys::contains).findFirst().orElseThrow();
            return Optional.of(new Chosen(first, "timm's; also there: " + others(keys, first), true));
        }
        boolean isLightning = keys.size() == 2 && keys.contains("state_dict") && keys.contains("current_model_state");
        if (isLightning) { // of its callback WeightAveraging, which puts the average where the network is loaded from
            return Optional.of(new Chosen("state_dict", "Lightning's; also there: current_model_state", true));
        }
        boolean isMmengine = keys.size() == 2 && keys.contains(MMENGINE) && keys.contains("ema_state_dict");
        if (isMmengine) {
            return Optional.of(new Chosen(MMENGINE, "mmengine's; also there: ema_state_dict", true));
        }
        return Optional.empty();
    }

    private static String others(List<String> keys, String chosen) {
        return keys.stream().filter(key -> !key.equals(chosen)).collect(Collectors.joining(", "));
    }

    private static String listed(List<Found> found) {
        return found.stream()
                .flatMap(each -> each.networks().stream().map(network -> network.place(each.key())))
                .collect(Collectors.joining(", "));
    }
}
