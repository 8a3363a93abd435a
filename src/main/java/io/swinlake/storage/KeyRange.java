package io.swinlake.storage;

/**
 * Keys of a bucket, in the order in which S3 lists them: that of their UTF-8 bytes.
 *
 * @param after they come after this one; empty from the first on
 * @param upTo none comes after this one; empty to the last
 */
public record KeyRange(String after, String upTo) {
    /** Every key. */
    public static final KeyRange ALL = new KeyRange("", "");

    /** How two keys are ordered, as by {@link Comparable#compareTo}: by code points, which is by the bytes of UTF-8. */
    static int compare(String key, String other) {
        int common = Math.min(key.length(), other.length());
        for (int i = 0; i < common; i++) {
            char one = key.charAt(i);
            char another = other.charAt(i);
            if (one != another) {
                boolean isBeyond = Character.isSurrogate(one);
                return isBeyond == Character.isSurrogate(another) ? one - another : isBeyond ? 1 : -1;
            }
        }
        return key.length() - other.length();
    }

    boolean endsBefore(String key) {
        return !upTo.isEmpty() && compare(key, upTo) > 0;
    }
}
