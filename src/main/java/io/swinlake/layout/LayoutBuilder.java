package io.swinlake.layout;

import io.swinlake.swin.Convention;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects a layout's table. */
final class LayoutBuilder {
    final String name;
    final Convention convention;
    final List<String> marks = new ArrayList<>();
    final List<String> oneOf = new ArrayList<>();
    Optional<NamePattern> stageNorm = Optional.empty();
    int fewestStageNorms;
    final List<Rename> renames = new ArrayList<>();
    final List<Rename> blockRenames = new ArrayList<>();
    final List<String> derived = new ArrayList<>();
    final List<String> unused = new ArrayList<>();
    final List<String> ignored = new ArrayList<>();
    Layout.MergeOrder mergeOrder = Layout.MergeOrder.COLUMNS;

    LayoutBuilder(String name, Convention convention) {
        this.name = name;
        this.convention = convention;
    }

    /** Beginnings of names that, all under one prefix, tell this layout from the layouts tried after it. */
    LayoutBuilder recognisedBy(String... beginnings) {
        marks.addAll(List.of(beginnings));
        return this;
    }

    /** As {@link #recognisedBy}, but one of these is enough, under the prefix or in a module around it. */
    LayoutBuilder andOneOf(String... beginnings) {
        oneOf.addAll(List.of(beginnings));
        return this;
    }

    /** Or, instead of {@link #andOneOf}, norms of at least so many stages. */
    LayoutBuilder andStageNorms(String pattern, int fewest) {
        stageNorm = Optional.of(new NamePattern(pattern));
        fewestStageNorms = fewest;
        return this;
    }

    /** Names that begin like this are canonical already. */
    LayoutBuilder keep(String... beginnings) {
        for (String beginning : beginnings) {
            rename(beginning, beginning);
        }
        return this;
    }

    /** The first line that fits a name renames its beginning; the rest of the name stays. */
    LayoutBuilder rename(String inFile, String canonical) {
        renames.add(Rename.of(inFile, canonical));
        return this;
    }

    /** As {@link #rename}, for what follows {@code stages.{s}.blocks.{b}.} of a name that {@code rename} gave. */
    LayoutBuilder renameInBlock(String inFile, String canonical) {
        blockRenames.add(Rename.of(inFile, canonical));
        return this;
    }

    /** Last parts of the names of buffers that the architecture determines: computed here, not loaded. */
    LayoutBuilder derived(String... lastParts) {
        derived.addAll(List.of(lastParts));
        return this;
    }

    /** Last parts of the names of tensors that only training uses. */
    LayoutBuilder unused(String... lastParts) {
        unused.addAll(List.of(lastParts));
        return this;
    }

    /** Beginnings of canonical names of tensors that the code base stores there and does not use. */
    LayoutBuilder ignoring(String... beginnings) {
        ignored.addAll(List.of(beginnings));
        return this;
    }

    LayoutBuilder mergeOrder(Layout.MergeOrder order) {
        mergeOrder = order;
        return this;
    }

    Layout build() {
        return new Layout(this);
    }
}
