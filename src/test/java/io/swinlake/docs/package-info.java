/**
 * The pages for people: README and docs/. {@link io.swinlake.docs.Page} reads one; {@link io.swinlake.docs.GeneratedPages}
 * writes those that are made from the code; the tests hold that links lead somewhere and that code blocks do what they say.
 */
package io.swinlake.docs;
