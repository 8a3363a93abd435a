package io.swinlake.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.command.Exit;
import io.swinlake.image.ErrorCode;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GeneratedPagesTest {
    @Test
    void everyPageMadeFromTheCodeIsUpToDate() {
        GeneratedPages.all().forEach((path, text) -> assertThat(Page.read(path).text())
                .as("%s is older than the code; %s writes it anew", path, GeneratedPages.RENEWED_BY)
                .isEqualTo(text));
    }

    @Test
    void everyErrorOfAnImageIsExplained() {
        String page = TroubleshootingPage.text().replace("`", "");

        assertThat(TroubleshootingPage.MEANINGS.keySet())
                .as("meanings in TroubleshootingPage, one for each error code")
                .containsExactlyInAnyOrder(ErrorCode.values());
        assertThat(Arrays.stream(ErrorCode.values()))
                .allSatisfy(code -> assertThat(page).contains("| " + code.word() + " |", "| " + code.advice() + " |"));
    }

    @Test
    void everyExitCodeIsExplained() {
        assertThat(Arrays.stream(Exit.values())).allSatisfy(exit -> assertThat(TroubleshootingPage.text())
                .contains("| %s | %s | %s |".formatted(exit.code(), exit.meaning(), exit.advice())));
    }
}
