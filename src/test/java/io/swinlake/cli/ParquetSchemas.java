package io.swinlake.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/** The schemas of Parquet files as they are stored. */
final class ParquetSchemas {
    private ParquetSchemas() {}

    /** Of all files of a folder, by file. */
    static Map<Path, String> of(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(file -> file.toString().endsWith(".parquet")).toList();
        }
        Map<Path, String> schemas = new TreeMap<>();
        for (Path file : files) {
            HadoopInputFile input =
                    HadoopInputFile.fromPath(new org.apache.hadoop.fs.Path(file.toUri()), new Configuration());
            try (ParquetFileReader reader = ParquetFileReader.open(input)) {
                schemas.put(file, reader.getFileMetaData().getSchema().toString());
            }
        }
        return schemas;
    }
}
