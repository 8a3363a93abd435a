/**
 * {@code swinlake report}: a page about a table. Start at {@link io.swinlake.cli.report.Report}; {@code ReportQueries} gathers what
 * {@link io.swinlake.report.ReportPage} shows.
 */
package io.swinlake.cli.report;
