/**
 * Tables of runs: how rows become part of a table, and how they are read. {@code docs/table-format.md} is the same as a
 * format, for those who read or write such tables without this code.
 *
 * <p><b>What makes a run committed</b> is one object, its record {@code run=ID/_run.json}, which is written last and names
 * the folder of the attempt whose rows count ({@link io.swinlake.table.RunRecord}). Until it is there, no reader sees anything of
 * the run; from then on nothing of it is changed. For Delta and Iceberg, rows are merged in one transaction of theirs, and
 * the record says that the run need not be repeated.
 *
 * <p>Start at {@link io.swinlake.table.Runs#complete}, which is the protocol, with {@link io.swinlake.table.Step} as its table of
 * contents. {@code ParquetRuns} and {@code MergedTable} are the two kinds of table, behind {@code RunTable}: a further format
 * with MERGE is found and read by {@code LakeTable}, one without is a class of that interface; both are constants of {@link io.swinlake.table.TableFormat}. Readers start at {@link
 * io.swinlake.table.SwinlakeTable}.
 */
package io.swinlake.table;
