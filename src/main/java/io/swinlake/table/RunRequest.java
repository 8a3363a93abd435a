package io.swinlake.table;

import java.util.List;
import java.util.Set;

/**
 * A run that somebody wants.
 *
 * @param id its name
 * @param incremental only objects that are new or changed since the runs that the table holds
 * @param skipInvalid images with an error get no row
 * @param imagesPerPart what is computed before it is kept for a next attempt
 * @param triedAgain errors, as {@code stage/code}, that an incremental run takes for no result
 * @param options what decides the rows
 * @param inputs for the record, as {@code glob}, {@code maxErrorRate} and {@code versions}
 * @param output the table, as messages name it
 */
public record RunRequest(
        String id,
        boolean incremental,
        boolean skipInvalid,
        int imagesPerPart,
        Set<String> triedAgain,
        RunOptions options,
        List<String> inputs,
        String glob,
        String output,
        TableFormat format,
        double maxErrorRate,
        RunRecord.Software versions) {}
