/**
 * One self-contained HTML page about a table of predictions: {@link io.swinlake.report.ReportData} is what it shows, {@link
 * io.swinlake.report.ReportPage} how. Plain data in, text out; knows neither Spark nor files. Start at {@code ReportPage}.
 */
package io.swinlake.report;
