package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class ClassifyImagesTest {
    private static final Path DEMO = Path.of("../demo");

    @Test
    void theDemoIsClassifiedAsPyTorchDoes() throws IOException {
        Map<String, String> truths = Files.readAllLines(DEMO.resolve("labels.csv")).stream()
                .map(line -> line.split(",", -1))
                .collect(Collectors.toMap(line -> line[0], line -> line[1]));

        List<Row> rows;
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            rows = ClassifyImages.classify(spark, DEMO + "/model", DEMO + "/images").collectAsList();
        }

        int correct = 0;
        for (Row row : rows) {
            assertNull(row.getAs("code"));
            String file = Path.of(row.<String>getAs("path")).getFileName().toString();
            correct += truths.get(file).equals(row.getAs("label")) ? 1 : 0;
        }
        assertEquals(360, rows.size());
        assertEquals(352, correct); // examples/demo/accuracy.txt
    }
}
