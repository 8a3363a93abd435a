package io.swinlake.storage;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cuts the keys below a folder into ranges of about as many each, of a store that tells nothing of them but which come next after
 * any text. Keys are taken for numbers between the first and the last possible one, whose digits are the characters that keys
 * of the first page have; where between them a page of keys lies, and how close its keys are, tells how many there may be. First
 * the end of the keys is looked for in growing steps, then the range with most of them is cut in its middle, again and again.
 * All this may guess wrong about how many keys a range has: together the ranges are every key, whatever was guessed.
 */
final class KeyRangeSearch {
    /** Ranges are not worth a request to find them if they have fewer keys. */
    private static final BigInteger FEWEST_KEYS = BigInteger.valueOf(20_000);

    private static final BigInteger THOUSAND = BigInteger.valueOf(1000);
    private static final int PIECES = 10;

    /** Requests, of which some find nothing: up to seven for each character that keys have in common. */
    private static final int MOST_PAGES = 1000;

    private static final int ASCII = 128;

    /** Characters of a key that are looked at. */
    private static final int DIGITS = 255;

    /** A store's answer. */
    interface Pages {
        /** The next keys after some text, in their order: some of them if there are many, none if there are none. */
        List<String> after(String text) throws IOException;
    }

    /** Keys from a place on, before the next range's. */
    private static final class Range {
        final String after;
        final BigInteger first;
        final BigInteger width;
        BigInteger end;

        /** @param width of a thousand keys */
        Range(String after, BigInteger first, BigInteger width, BigInteger end) {
            this.after = after;
            this.first = first;
            this.width = width;
            this.end = end;
        }

        /** How many keys it has if all are as close to each other as those of its first page. */
        BigInteger keys() {
            return end.subtract(first).multiply(THOUSAND).divide(width);
        }

        BigInteger middle() {
            return first.add(end).shiftRight(1);
        }
    }

    private final String folder;
    private final Pages pages;
    private final char[] characters;
    private final BigInteger base;
    private final int digits;
    private int asked;

    private KeyRangeSearch(String folder, Pages pages, List<String> firstPage) {
        this.folder = folder;
        this.pages = pages;
        this.characters = characters(firstPage, folder.length());
        this.base = BigInteger.valueOf(characters.length + 1L);
        this.digits = Math.min(
                DIGITS,
                firstPage.stream()
                        .mapToInt(key -> key.length() - folder.length())
                        .max()
                        .orElse(0));
    }

    /**
     * Those that keys have, in order; where some are not ASCII, there are more than a page has. None from the surrogates on: to
     * texts of the others, a store that orders UTF-16 as Java does agrees on what comes after.
     */
    private static char[] characters(List<String> keys, int from) {
        BitSet found = new BitSet();
        keys.forEach(key -> key.chars().skip(from).forEach(found::set));
        if (found.length() > ASCII) {
            found.set(' ', Character.MIN_SURROGATE);
        }
        found.clear(Character.MIN_SURROGATE, Character.MAX_VALUE + 1);
        return found.stream()
                .collect(StringBuilder::new, (text, character) -> text.append((char) character), StringBuilder::append)
                .toString()
                .toCharArray();
    }

    /**
     * Ranges that together have every key, each once.
     *
     * @param folder what all keys begin with
     * @param wanted how many ranges, if there are enough keys
     */
    static List<KeyRange> cut(String folder, Pages pages, int wanted) throws IOException {
        List<String> page = pages.after(folder);
        return page.isEmpty() || !goesOn(page.get(page.size() - 1), pages)
                ? List.of(KeyRange.ALL)
                : new KeyRangeSearch(folder, pages, page).cut(page, wanted);
    }

    /** Whether keys follow, and are what follows: some stores begin at the first key whatever they are asked. */
    private static boolean goesOn(String key, Pages pages) throws IOException {
        List<String> page = pages.after(key);
        return !page.isEmpty() && KeyRange.compare(page.get(0), key) > 0;
    }

    private List<KeyRange> cut(List<String> firstPage, int wanted) throws IOException {
        List<Range> ranges = new ArrayList<>();
        ranges.add(range("", firstPage, base.pow(digits)));
        findEnd(ranges, wanted);
        while (ranges.size() < wanted && asked < MOST_PAGES) {
            Range most = ranges.stream().max(Comparator.comparing(Range::keys)).orElseThrow();
            if (most.keys().compareTo(FEWEST_KEYS.shiftLeft(1)) < 0) {
                break;
            }
            cutInTwo(ranges, most);
        }
        List<KeyRange> found = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            found.add(new KeyRange(ranges.get(i).after, i + 1 < ranges.size() ? ranges.get(i + 1).after : ""));
        }
        return found;
    }

    /** Each step twice as far from the first key as the one before. */
    private void findEnd(List<Range> ranges, int wanted) throws IOException {
        BigInteger first = ranges.get(0).first;
        BigInteger step = FEWEST_KEYS.multiply(ranges.get(0).width).divide(THOUSAND);
        while (ranges.size() < wanted && asked < MOST_PAGES) {
            Range last = ranges.get(ranges.size() - 1);
            BigInteger place = first.add(step);
            if (place.compareTo(last.end) >= 0) {
                return;
            }
            if (!add(ranges, last, place)) {
                last.end = place;
                return;
            }
            step = place.max(ranges.get(ranges.size() - 1).first)
                    .subtract(first)
                    .shiftLeft(1);
        }
    }

    private void cutInTwo(List<Range> ranges, Range range) throws IOException {
        BigInteger middle = range.middle();
        if (middle.equals(range.first) || !add(ranges, range, middle)) {
            range.end = middle;
        }
    }

    /** Another range for what a range has after a place, if there is any. */
    private boolean add(List<Range> ranges, Range range, BigInteger place) throws IOException {
        String after = folder + text(place);
        asked++;
        List<String> page = pages.after(after);
        int next = ranges.indexOf(range) + 1;
        boolean isBetween = KeyRange.compare(after, range.after) > 0
                && (next == ranges.size() || KeyRange.compare(after, ranges.get(next).after) < 0);
        if (!isBetween
                || page.isEmpty()
                || (next < ranges.size() && KeyRange.compare(page.get(0), ranges.get(next).after) > 0)) {
            return false;
        }
        ranges.add(next, range(after, page, range.end));
        range.end = place;
        return true;
    }

    private Range range(String after, List<String> page, BigInteger end) {
        BigInteger first = place(page.get(0));
        return new Range(after, first, width(page), end.max(first));
    }

    /** Of a thousand keys, by the middle one of ten pieces of the page: where digits or days end, keys have gaps. */
    private BigInteger width(List<String> page) {
        int keys = Math.max(1, (page.size() - 1) / PIECES);
        return IntStream.range(0, (page.size() - 1) / keys)
                .mapToObj(i -> place(page.get((i + 1) * keys)).subtract(place(page.get(i * keys))))
                .sorted()
                .skip((page.size() - 1) / keys / 2)
                .findFirst()
                .orElse(BigInteger.ONE)
                .multiply(THOUSAND)
                .divide(BigInteger.valueOf(keys))
                .max(BigInteger.ONE);
    }

    /** A key as a number; of characters that the first page did not have, as if they were the ones before them. */
    private BigInteger place(String key) {
        BigInteger place = BigInteger.ZERO;
        for (int i = folder.length(); i < folder.length() + digits; i++) {
            place = place.multiply(base);
            if (i < key.length()) {
                int found = Arrays.binarySearch(characters, key.charAt(i));
                place = place.add(BigInteger.valueOf(found >= 0 ? found + 1L : -found - 1L));
            }
        }
        return place;
    }

    /** What a key of about this number may look like. */
    private String text(BigInteger place) {
        char[] text = new char[digits];
        int length = 0;
        BigInteger left = place;
        for (int i = digits - 1; i >= 0; i--) {
            BigInteger[] parts = left.divideAndRemainder(base);
            left = parts[0];
            int digit = parts[1].intValue();
            // A digit that stands for no character ends a key; in the middle of a text it is the first character.
            text[i] = characters[Math.max(0, digit - 1)];
            if (length == 0 && digit > 0) {
                length = i + 1;
            }
        }
        return new String(text, 0, length);
    }
}
