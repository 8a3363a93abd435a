package io.swinlake.layout;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.swin.Convention;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How one code base names the tensors of a Swin network: a table of renames to the canonical names. Immutable. */
public final class Layout {
    private static final NamePattern BLOCK = new NamePattern("stages.{s}.blocks.{b}.");
    private static final int NAMES_IN_A_MESSAGE = 3;

    /** What may stand beside a network, not under its prefix: its head, and norms of its stages. */
    private static final Pattern BESIDE =
            Pattern.compile("head\\.(\\d+\\.)?(weight|bias)|stages\\.\\d+\\.norm\\.(weight|bias)");

    /** A layer of a head that someone made of several, such as dropout and a linear one. */
    private static final Pattern LAYER_OF_HEAD = Pattern.compile("head\\.(\\d+)\\.(.+)");

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
    private final List<String> oneOf;
    private final Optional<NamePattern> stageNorm;
    private final int fewestStageNorms;
    private final List<Rename> renames;
    private final List<Rename> blockRenames;
    private final List<String> derived;
    private final List<String> unused;
    private final List<String> ignored;
    private final MergeOrder mergeOrder;

    Layout(LayoutBuilder builder) {
        this.name = builder.name;
        this.convention = builder.convention;
        this.marks = List.copyOf(builder.marks);
        this.oneOf = List.copyOf(builder.oneOf);
        this.stageNorm = builder.stageNorm;
        this.fewestStageNorms = builder.fewestStageNorms;
        this.renames = List.copyOf(builder.renames);
        this.blockRenames = List.copyOf(builder.blockRenames);
        this.derived = List.copyOf(builder.derived);
        this.unused = List.copyOf(builder.unused);
        this.ignored = List.copyOf(builder.ignored);
        this.mergeOrder = builder.mergeOrder;
    }

    static LayoutBuilder named(String name, Convention convention) {
        return new LayoutBuilder(name, convention);
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

    /** Whether the code bases whose training files follow timm's rule of keys write this layout. */
    boolean isTimmOrMicrosoft() {
        return convention == Convention.MICROSOFT || convention.isTimm();
    }

    /**
     * A Swin network among tensors.
     *
     * @param prefix what all its names begin with: empty, or ending with a dot
     */
    record Network(Layout layout, String prefix) {
        /** The keys to its dict and the beginning of its names, joined by a dot. */
        String place(String key) {
            String stem = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
            return Stream.of(key, stem).filter(part -> !part.isEmpty()).collect(Collectors.joining("."));
        }

        /** Whether a user who says this means this network: its place, or as much of it as its names begin with. */
        boolean isAt(String key, String wanted) {
            String place = place(key) + ".";
            String inside = prefix;
            return place.equals(wanted + ".")
                    || inside.startsWith(wanted + ".")
                    || (!key.isEmpty() && place.startsWith(wanted + ".") && wanted.length() > key.length());
        }
    }

    /** Every Swin network among names, each by the first layout that recognises it. */
    static List<Network> networks(SortedSet<String> names) {
        Map<String, Network> byPrefix = new LinkedHashMap<>();
        for (Layout layout : Layouts.ALL) {
            layout.prefixes(names).forEach(prefix -> byPrefix.putIfAbsent(prefix, new Network(layout, prefix)));
        }
        return List.copyOf(byPrefix.values());
    }

    /** As {@link #recognise(String, SortedMap, Optional)}, where there is one network. */
    public static NamedTensors recognise(String location, SortedMap<String, Tensor> tensors) {
        return recognise(location, tensors, Optional.empty());
    }

    /**
     * Finds the layout of a checkpoint and reads its names by it.
     *
     * @param location what error messages begin with
     * @param wanted which of several networks: what the names of one begin with
     * @throws CheckpointException if the names are those of no layout or of several networks, or two tensors take the same
     *     place
     */
    public static NamedTensors recognise(String location, SortedMap<String, Tensor> tensors, Optional<String> wanted) {
        SortedSet<String> names = new TreeSet<>(tensors.keySet());
        Relatives.refuseForm(location, names);
        List<Network> networks = networks(names);
        if (networks.isEmpty()) {
            throw notSwin(location, names);
        }
        if (networks.size() == 1) {
            Network only = networks.get(0);
            return only.layout().read(location, only.prefix(), tensors);
        }
        List<Network> chosen = networks.stream()
                .filter(network -> wanted.filter(key -> network.isAt("", key) || key.endsWith("." + network.place("")))
                        .isPresent())
                .toList();
        if (chosen.size() == 1) {
            return chosen.get(0).layout().read(location, chosen.get(0).prefix(), tensors);
        }
        throw new CheckpointException(
                "%s: holds %d Swin networks: %s. Say which: --weights %s",
                location,
                networks.size(),
                networks.stream().map(network -> network.place("")).collect(Collectors.joining(", ")),
                networks.get(0).place(""));
    }

    private static CheckpointException notSwin(String location, SortedSet<String> names) {
        Relatives.refuseNetwork(location, names);
        Map<String, String> namesByMark = new LinkedHashMap<>();
        for (Layout layout : Layouts.ALL) {
            if (layout.name.endsWith("-backbone")) {
                continue; // has the marks of another one
            }
            namesByMark.merge(layout.marks.get(0), layout.name, Layout::joined);
        }
        return new CheckpointException(
                "%s: not a Swin checkpoint: none of its %d tensors (%s) has a name with %s",
                location,
                names.size(),
                some(names),
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

    /** The prefixes under which all marks of this layout occur: empty, or ending with a dot, such as {@code backbone.}. */
    private Set<String> prefixes(SortedSet<String> names) {
        return names.stream()
                .map(tensorName -> prefixBefore(marks.get(0), tensorName))
                .flatMap(Optional::stream)
                .distinct()
                .filter(prefix -> marks.stream().allMatch(mark -> anyStartsWith(names, prefix + mark)))
                .filter(prefix -> isMarkedBeside(names, prefix))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Whether the marks are there of which one is enough: norms of stages, or parts of the network around this one. */
    private boolean isMarkedBeside(SortedSet<String> names, String prefix) {
        if (oneOf.isEmpty() && stageNorm.isEmpty()) {
            return true;
        }
        long norms = stageNorm.stream()
                .flatMap(pattern -> names.stream()
                        .filter(name -> name.startsWith(prefix))
                        .map(name -> pattern.match(name.substring(prefix.length())))
                        .flatMap(Optional::stream)
                        .map(NamePattern.Match::stage))
                .distinct()
                .count();
        return (stageNorm.isPresent() && norms >= fewestStageNorms)
                || enclosing(prefix).stream()
                        .anyMatch(outer -> oneOf.stream().anyMatch(mark -> anyStartsWith(names, outer + mark)));
    }

    /** A prefix and those of the modules around it, the nearest first: {@code a.b.}, {@code a.}, and the empty one. */
    private static List<String> enclosing(String prefix) {
        List<String> outer = new ArrayList<>();
        for (String each = prefix;
                !each.isEmpty();
                each = each.substring(0, each.lastIndexOf('.', each.length() - 2) + 1)) {
            outer.add(each);
        }
        outer.add("");
        return outer;
    }

    private static Optional<String> prefixBefore(String mark, String tensorName) {
        int at = tensorName.indexOf(mark);
        return at == 0 || (at > 0 && tensorName.charAt(at - 1) == '.')
                ? Optional.of(tensorName.substring(0, at))
                : Optional.empty();
    }

    private static boolean anyStartsWith(SortedSet<String> names, String start) {
        SortedSet<String> from = names.tailSet(start);
        return !from.isEmpty() && from.first().startsWith(start);
    }

    private NamedTensors read(String location, String prefix, SortedMap<String, Tensor> tensors) {
        SortedMap<String, NamedTensors.Entry> weights = new TreeMap<>();
        SortedMap<String, NamedTensors.Entry> buffers = new TreeMap<>();
        String beside = moduleBeside(prefix, new TreeSet<>(tensors.keySet()));
        Optional<String> layer = onlyLayerOfHead(prefix, beside, tensors);
        List<String> leftOut = new ArrayList<>();
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            String nameInFile = tensor.getKey();
            boolean inside = nameInFile.startsWith(prefix);
            if (!inside && !nameInFile.startsWith(beside)) {
                leftOut.add(nameInFile);
                continue;
            }
            String canonical = toCanonical(nameInFile.substring(inside ? prefix.length() : beside.length()));
            if (layer.isPresent() && canonical.startsWith(layer.get())) {
                canonical = "head." + canonical.substring(layer.get().length());
            } else if (!inside
                    && (!BESIDE.matcher(canonical).matches()
                            || LAYER_OF_HEAD.matcher(canonical).matches())) {
                leftOut.add(nameInFile); // a neck, a detection head, a decoder: another network's part
                continue;
            }
            if (ignored.stream().anyMatch(canonical::startsWith)) {
                continue;
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
        return new NamedTensors(
                location,
                this,
                prefix,
                beside,
                leftOut.isEmpty()
                        ? Optional.empty()
                        : Optional.of("%s tensors: %s".formatted(leftOut.size(), some(leftOut))),
                weights,
                buffers);
    }

    /** Where the one layer with parameters begins, of a head that is a sequence such as dropout and a linear layer. */
    private Optional<String> onlyLayerOfHead(String prefix, String beside, SortedMap<String, Tensor> tensors) {
        Set<String> layers = new TreeSet<>();
        boolean isLinear = false;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            String name = tensor.getKey();
            String start = name.startsWith(prefix) ? prefix : beside;
            String canonical = name.startsWith(start) ? toCanonical(name.substring(start.length())) : "";
            if (canonical.equals("head.weight")) {
                return Optional.empty();
            }
            Matcher layer = LAYER_OF_HEAD.matcher(canonical);
            if (layer.matches()) {
                layers.add("head." + layer.group(1) + ".");
                isLinear |= layer.group(2).equals("weight")
                        && tensor.getValue().shape().rank() == 2;
            }
        }
        return layers.size() == 1 && isLinear ? Optional.of(layers.iterator().next()) : Optional.empty();
    }

    /**
     * The module around a network in which its head and the norms of its stages stand: the nearest that has any. A wrapper,
     * as of Lightning or torch.compile, so stands before both.
     */
    private String moduleBeside(String prefix, SortedSet<String> names) {
        List<String> around = enclosing(prefix);
        for (String outer : around) {
            boolean has = names.tailSet(outer).stream()
                    .takeWhile(name -> name.startsWith(outer))
                    .anyMatch(name -> BESIDE.matcher(toCanonical(name.substring(outer.length())))
                            .matches());
            if (has && !outer.equals(prefix)) {
                return outer;
            }
        }
        return around.size() > 1 ? around.get(1) : "";
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
}
