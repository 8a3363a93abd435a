package io.swinlake.table;

import io.swinlake.TextTarget;
import java.util.List;
import java.util.Optional;

/** Records of runs, as other releases, other programs and half-written uploads may leave them. */
public final class RecordTexts {
    private static final String RECORD =
            "{\"version\":2,\"run_id\":\"2026-11-29\",\"attempt\":\"20261129T063041Z-74b83481\","
                    + "\"started\":\"2026-11-29T06:30:41Z\",\"ended\":\"2026-11-29T06:31:41Z\",\"seconds\":60.5,"
                    + "\"model\":{\"uri\":\"s3a://lake/model\",\"name\":\"swin_t\",\"sha256\":\"00ff\",\"digest\":\"ab\","
                    + "\"recipe\":\"hf\",\"input_size\":\"224x224\",\"precision\":\"fp32\",\"classes\":10,\"embedding_size\":768},"
                    + "\"options\":{\"--top-k\":\"5\"},\"input\":[\"s3a://lake/images\"],\"output\":\"s3a://lake/table\","
                    + "\"written\":120,\"failed\":1,\"failed_by\":{\"decode/truncated\":1},\"devices\":{\"cpu\":120},"
                    + "\"software\":{\"swinlake\":\"0.1.0\",\"spark\":\"3.5.7\",\"java\":\"17\"}}";

    private RecordTexts() {}

    public static List<TextTarget> targets() {
        RunRecord.parse("seed", RECORD);
        return List.of(new TextTarget("run record", List.of(RECORD), text -> {
            try {
                RunRecord.parse("run=1/_run.json", text).toJson();
                return Optional.empty();
            } catch (TableException e) {
                return Optional.of(e.getMessage());
            }
        }));
    }
}
