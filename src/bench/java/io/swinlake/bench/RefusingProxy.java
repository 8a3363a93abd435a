package io.swinlake.bench;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** A loopback port that leads to a store until the store, from one request on, refuses some kind of requests, or answers them late. */
public final class RefusingProxy extends LoopbackProxy {
    /** An error answer, as S3's documentation lists them. */
    public enum Refusal {
        EXPIRED_TOKEN("400 Bad Request", "ExpiredToken", "The provided token has expired."),
        ACCESS_DENIED("403 Forbidden", "AccessDenied", "Access Denied"),
        INVALID_PART("400 Bad Request", "InvalidPart", "One or more of the specified parts could not be found."),
        PRECONDITION_FAILED(
                "412 Precondition Failed",
                "PreconditionFailed",
                "At least one of the preconditions you specified did not hold."),
        REQUEST_TIME_TOO_SKEWED(
                "403 Forbidden",
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.");

        private final String status;
        private final String code;
        private final String message;

        Refusal(String status, String code, String message) {
            this.status = status;
            this.code = code;
            this.message = message;
        }

        /** With the store's own time, by which a client may set its clock. */
        private byte[] answer() {
            String now = DateTimeFormatter.ISO_INSTANT.format(ZonedDateTime.now(ZoneOffset.UTC));
            return RefusingProxy.answer(
                    status,
                    "<Error><Code>%s</Code><Message>%s</Message><ServerTime>%s</ServerTime></Error>"
                            .formatted(code, message, now));
        }
    }

    private static byte[] answer(String status, String element) {
        String body = "<?xml version=\"1.0\"?>" + element;
        String head = String.join(
                "\r\n",
                "HTTP/1.1 " + status,
                "Date: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)),
                "Content-Type: application/xml",
                "Content-Length: " + body.length(),
                "Connection: close",
                "",
                "");
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    private static final Pattern FIRST_LINE = Pattern.compile("((?:GET|HEAD|PUT|POST|DELETE) \\S+) HTTP/1\\.1\r\n");

    private record Rule(Supplier<byte[]> answer, Predicate<String> requests) {}

    private volatile Optional<Rule> rule = Optional.empty();

    /** Starts as a store that is well. */
    public RefusingProxy(URI server) throws IOException {
        super(server);
    }

    /**
     * From now on these requests are refused.
     *
     * @param requests by method and encoded path, such as {@code PUT /lake/a.txt}
     */
    public void refuse(Refusal refusal, Predicate<String> requests) {
        rule = Optional.of(new Rule(refusal::answer, requests));
    }

    /**
     * From now on these listings hold nothing, as those of a store that lists what it held a moment ago.
     *
     * @param requests as for {@link #refuse}
     */
    public void listNothing(Predicate<String> requests) {
        rule = Optional.of(new Rule(
                () -> answer(
                        "200 OK",
                        "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"),
                requests));
    }

    /** From now on the store is well. */
    public void heal() {
        rule = Optional.empty();
    }

    @Override
    Pumps connect(Socket client, Socket upstream) {
        return new Pumps(
                () -> pump(client, upstream, (bytes, count) -> {
                    var line = FIRST_LINE.matcher(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                    Optional<Rule> now = line.lookingAt() ? rule : Optional.empty();
                    if (now.isPresent() && now.get().requests().test(line.group(1))) {
                        client.getOutputStream().write(now.get().answer().get());
                        client.shutdownOutput();
                        drain(client);
                        return false;
                    }
                    upstream.getOutputStream().write(bytes, 0, count);
                    return true;
                }),
                () -> pump(upstream, client, (bytes, count) -> {
                    client.getOutputStream().write(bytes, 0, count);
                    return true;
                }));
    }
}
