package io.swinlake.layout;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.swin.Convention;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How one code base names the tensors of a Swin network: a table of renames to the canonical names. Immutable. */
public final class Layout {
    private static final NamePattern BLOCK = new NamePattern("stages.{s}.blocks.{b}.");
    private static final int NAMES_IN_A_MESSAGE = 3;

    /** In which order a code base concatenates the 2x2 patches that it merges; the canonical order is {@link #COLUMNS}. */
    enum MergeOrder {
        /** Patch by patch, each with all its channels: (row, column) offsets (0,0), (1,0), (0,1), (1,1). */
        COLUMNS,
        /** Channel by channel, each with its four patches (0,0), (0,1), (1,0), (1,1), as {@code nn.Unfold} does. */
        UNFOLD
    }

    private final String name;
    private final Convention convention;
    private final List<String> marks;
    private final List<Rename> renames;
    private final List<Rename> blockRenames;
    private final List<String> derived;
    private final List<String> unused;
    private final MergeOrder mergeOrder;

    private Layout(Builder builder) {
        this.name = builder.name;
        this.convention = builder.convention;
        this.marks = List.copyOf(builder.marks);
        this.renames = List.copyOf(builder.renames);
        this.blockRenames = List.copyOf(builder.blockRenames);
        this.derived = List.copyOf(builder.derived);
        this.unused = List.copyOf(builder.unused);
        this.mergeOrder = builder.mergeOrder;
    }

    static Builder named(String name, Convention convention) {
        return new Builder(name, convention);
    }

    /** {@code microsoft}, {@code timm}, {@code huggingface} and so on. */
    public String name() {
        return name;
    }

    /** What the code base does at the edges of images and maps. */
    public Convention convention() {
        return convention;
    }

    MergeOrder mergeOrder() {
        return mergeOrder;
    }

    /**
     * Finds the layout of a checkpoint and reads its names by it.
     *
     * @param location what error messages begin with
     * @throws CheckpointException if the names are those of no layout, or two tensors take the same place
     */
    public static NamedTensors recognise(String location, SortedMap<String, Tensor> tensors) {
        for (Layout layout : Layouts.ALL) {
            Optional<String> prefix = layout.prefix(tensors);
            if (prefix.isPresent()) {
                return layout.read(location, prefix.get(), tensors);
            }
        }
        Map<String, String> namesByMark = new LinkedHashMap<>();
        for (Layout layout : Layouts.ALL) {
            namesByMark.merge(layout.marks.get(0), layout.name, Layout::joined);
        }
        throw new CheckpointException(
                "%s: not a Swin checkpoint: none of its %d tensors (%s) has a name with %s",
                location,
                tensors.size(),
                some(tensors.keySet()),
                namesByMark.entrySet().stream()
                        .map(mark -> "'%s' (%s)".formatted(mark.getKey(), mark.getValue()))
                        .collect(Collectors.joining(", ")));
    }

    private static String joined(String names, String name) {
        return names.endsWith(name) ? names : names + ", " + name; // V1 and V2 of one code base stand side by side
    }

    /** Reads tensors that have canonical names already, such as those of a file that this project wrote. */
    public static NamedTensors canonical(String location, SortedMap<String, Tensor> tensors) {
        return Layouts.CANONICAL.read(location, "", tensors);
    }

    /** The prefix under which all marks of this layout occur: empty, or ending with a dot, such as {@code backbone.}. */
    private Optional<String> prefix(SortedMap<String, Tensor> tensors) {
        return tensors.keySet().stream()
                .map(tensorName -> prefixBefore(marks.get(0), tensorName))
                .flatMap(Optional::stream)
                .distinct()
                .filter(prefix -> marks.stream().allMatch(mark -> anyStartsWith(tensors, prefix + mark)))
                .findFirst();
    }

    private static Optional<String> prefixBefore(String mark, String tensorName) {
        int at = tensorName.indexOf(mark);
        return at == 0 || (at > 0 && tensorName.charAt(at - 1) == '.')
                ? Optional.of(tensorName.substring(0, at))
                : Optional.empty();
    }

    private static boolean anyStartsWith(SortedMap<String, Tensor> tensors, String start) {
        SortedMap<String, Tensor> from = tensors.tailMap(start);
        return !from.isEmpty() && from.firstKey().startsWith(start);
    }

    private NamedTensors read(String location, String prefix, SortedMap<String, Tensor> tensors) {
        SortedMap<String, NamedTensors.Entry> weights = new TreeMap<>();
        SortedMap<String, NamedTensors.Entry> buffers = new TreeMap<>();
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            String nameInFile = tensor.getKey();
            boolean inside = nameInFile.startsWith(prefix);
            String canonical = toCanonical(inside ? nameInFile.substring(prefix.length()) : nameInFile);
            if (!inside && !canonical.startsWith("head.")) {
                continue; // a neck, a detection head, a decoder: another network's part
            }
            String last = canonical.substring(canonical.lastIndexOf('.') + 1);
            if (unused.contains(last)) {
                continue;
            }
            NamedTensors.Entry entry = new NamedTensors.Entry(nameInFile, tensor.getValue());
            NamedTensors.Entry other = (derived.contains(last) ? buffers : weights).put(canonical, entry);
            if (other != null) {
                throw new CheckpointException(
                        "%s: '%s' and '%s' are the same tensor of a Swin network: remove one",
                        location, other.name(), nameInFile);
            }
        }
        return new NamedTensors(location, this, prefix, weights, buffers);
    }

    /** The canonical name of a name without its prefix; one that no line fits stays as it is. */
    String toCanonical(String nameInFile) {
        String outer = first(renames, rename -> rename.toCanonical(nameInFile)).orElse(nameInFile);
        return inBlock(outer, rest -> first(blockRenames, rename -> rename.toCanonical(rest)));
    }

    /** The name that this layout gives to a canonical tensor, without any prefix. */
    String toFile(String canonical) {
        String inner = inBlock(canonical, rest -> first(blockRenames, rename -> rename.toFile(rest)));
        return first(renames, rename -> rename.toFile(inner)).orElse(inner);
    }

    private static String inBlock(String name, Function<String, Optional<String>> rename) {
        return BLOCK.match(name)
                .flatMap(match -> rename.apply(match.rest())
                        .map(rest -> BLOCK.name(new NamePattern.Match(match.stage(), match.block(), rest))))
                .orElse(name);
    }

    private static Optional<String> first(List<Rename> renames, Function<Rename, Optional<String>> apply) {
        return renames.stream().map(apply).flatMap(Optional::stream).findFirst();
    }

    private static String some(Iterable<String> names) {
        List<String> shown = new ArrayList<>();
        for (String each : names) {
            if (shown.size() == NAMES_IN_A_MESSAGE) {
                shown.add("...");
                break;
            }
            shown.add(each);
        }
        return String.join(", ", shown);
    }

    @Override
    public String toString() {
        return name;
    }

    /** Collects a layout's table. */
    static final class Builder {
        private final String name;
        private final Convention convention;
        private final List<String> marks = new ArrayList<>();
        private final List<Rename> renames = new ArrayList<>();
        private final List<Rename> blockRenames = new ArrayList<>();
        private final List<String> derived = new ArrayList<>();
        private final List<String> unused = new ArrayList<>();
        private MergeOrder mergeOrder = MergeOrder.COLUMNS;

        private Builder(String name, Convention convention) {
            this.name = name;
            this.convention = convention;
        }

        /** Beginnings of names that, all under one prefix, tell this layout from the layouts tried after it. */
        Builder recognisedBy(String... beginnings) {
            marks.addAll(List.of(beginnings));
            return this;
        }

        /** Names that begin like this are canonical already. */
        Builder keep(String... beginnings) {
            for (String beginning : beginnings) {
                rename(beginning, beginning);
            }
            return this;
        }

        /** The first line that fits a name renames its beginning; the rest of the name stays. */
        Builder rename(String inFile, String canonical) {
            renames.add(Rename.of(inFile, canonical));
            return this;
        }

        /** As {@link #rename}, for what follows {@code stages.{s}.blocks.{b}.} of a name that {@code rename} gave. */
        Builder renameInBlock(String inFile, String canonical) {
            blockRenames.add(Rename.of(inFile, canonical));
            return this;
        }

        /** Last parts of the names of buffers that the architecture determines: computed here, not loaded. */
        Builder derived(String... lastParts) {
            derived.addAll(List.of(lastParts));
            return this;
        }

        /** Last parts of the names of tensors that only training uses. */
        Builder unused(String... lastParts) {
            unused.addAll(List.of(lastParts));
            return this;
        }

        Builder mergeOrder(MergeOrder order) {
            mergeOrder = order;
            return this;
        }

        Layout build() {
            return new Layout(this);
        }
    }
}
