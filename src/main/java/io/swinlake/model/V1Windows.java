package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.layout.CanonicalShapes;
import io.swinlake.layout.NamedTensors;
import io.swinlake.layout.NamedTensors.Entry;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What Swin V1's learned tables of relative positions tell: the window of each stage, and by which of timm's two ways of
 * counting maps a network was made.
 */
final class V1Windows {
    private static final String TABLE = ".attn.relative_position_bias_table";

    private final String location;
    private final List<Entry> tables = new ArrayList<>();

    V1Windows(String location, NamedTensors tensors) {
        this.location = location;
        for (int stage = 0; stage < tensors.stages(); stage++) {
            tensors.find("stages." + stage + ".", TABLE).ifPresent(tables::add);
        }
    }

    /**
     * The windows by the tables alone: {@code (2 * window - 1)²} rows. A later stage with fewer rows than the widest has that
     * window, shrunk to its map, if it fits the map of the size that the network was made for; else one of its own.
     *
     * @param made size that the network was made for, if anything tells it
     * @return empty if the tables are not those of square windows
     */
    Optional<DeclaredValues.Sourced<List<Window>>> byTables(SwinConfig config, Optional<ImageSize> made) {
        int widest = 0;
        for (int stage = 1; stage < tables.size(); stage++) {
            widest = rows(stage) > rows(widest) ? stage : widest;
        }
        Optional<Window> window = own(widest);
        if (window.isEmpty()) {
            return Optional.empty();
        }
        SwinConfig everywhere = config.with(Window.everywhere(window.get(), tables.size()), config.convention());
        List<Window> windows = new ArrayList<>();
        for (int stage = 0; stage < tables.size(); stage++) {
            boolean isShrunk =
                    stage > widest && (made.isEmpty() || fitsShrunk(everywhere.withImage(made.get()), stage));
            Optional<Window> found = isShrunk ? window : own(stage);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            windows.add(found.get());
        }
        return Optional.of(new DeclaredValues.Sourced<>(
                List.copyOf(windows), tables.get(widest).toString()));
    }

    private long rows(int stage) {
        return tables.get(stage).shape().dim(0);
    }

    /** The square window that a stage's table is for. */
    private Optional<Window> own(int stage) {
        int side = (int) Math.round(Math.sqrt((double) rows(stage)));
        return (long) side * side == rows(stage) && side % 2 == 1
                ? Optional.of(Window.square((side + 1) / 2))
                : Optional.empty();
    }

    private boolean fitsShrunk(SwinConfig config, int stage) {
        boolean fitsOtherTimm = config.convention() == Convention.TIMM
                && fits(config.with(config.windows(), Convention.TIMM_FLOOR), stage);
        return fits(config, stage) || fitsOtherTimm;
    }

    private boolean fits(SwinConfig config, int stage) {
        return CanonicalShapes.tableWindow(config, stage).offsets()
                == tables.get(stage).shape().dim(0);
    }

    private boolean fits(SwinConfig config) {
        for (int stage = 0; stage < tables.size(); stage++) {
            if (!fits(config, stage)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Which timm made the tables, where its two ways of counting maps differ at the size that the network was made for.
     *
     * @return empty if both or neither fit
     */
    Optional<Convention> timm(SwinConfig atMadeSize) {
        boolean up = fits(atMadeSize.with(atMadeSize.windows(), Convention.TIMM));
        boolean down = fits(atMadeSize.with(atMadeSize.windows(), Convention.TIMM_FLOOR));
        return up == down ? Optional.empty() : Optional.of(up ? Convention.TIMM : Convention.TIMM_FLOOR);
    }

    /**
     * Checks windows that a file tells.
     *
     * @param atMadeSize the network at the size that it was made for
     */
    void check(SwinConfig atMadeSize, String source) {
        for (int stage = 0; stage < tables.size(); stage++) {
            if (!fits(atMadeSize, stage)) {
                throw new CheckpointException(
                        "%s: %s is %s, but the tensors have %s: file and weights belong to different models",
                        location, source, ConfigInference.shown(atMadeSize.windows()), tables.get(stage));
            }
        }
    }

    /** Refuses a window that someone asks for and no table is for. */
    void checkAsked(Window asked, List<Window> found) {
        if (!found.contains(asked)) {
            throw new CheckpointException(
                    "%s: '%s' is for windows of %s tokens, --window asks for %s; the learned table is not interpolated",
                    location, tables.get(0), found.get(0), asked);
        }
    }
}
