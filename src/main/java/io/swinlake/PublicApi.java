package io.swinlake;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A type that programs of others may use, with the types inside it. Within a major version (before 1.0: within a minor one) code
 * that is compiled against it runs with every later release, and does what its documentation says. Types may gain methods, enums
 * constants and records parts, these with a constructor for those who know fewer. What is to go is deprecated for one such version
 * first.
 *
 * <p>A public type without this mark is public because another package of Swinlake needs it, and may change in any release, also
 * where a signature of the API mentions it: pass it on, or read from it what the release at hand offers. {@code PublicApiTest}
 * has the list of these, {@code docs/RELEASING.md} tells how a release is compared with the one before.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface PublicApi {
    /** {@return the release that had the type first} */
    String since();
}
