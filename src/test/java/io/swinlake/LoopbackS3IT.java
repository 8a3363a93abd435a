package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.bench.LoopbackS3.Request;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class LoopbackS3IT {
    @Test
    void remembersWhatItWasAsked() throws IOException {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            AmazonS3 client = s3.client();
            client.createBucket("lake");
            s3.forgetRequests();
            client.putObject("lake", "images/a b.jpg", "bytes");

            assertThat(client.getObjectAsString("lake", "images/a b.jpg")).isEqualTo("bytes");
            assertThat(s3.requests())
                    .containsExactly(
                            new Request("PUT", "/lake/images/a%20b.jpg"), new Request("GET", "/lake/images/a%20b.jpg"));
        }
    }
}
