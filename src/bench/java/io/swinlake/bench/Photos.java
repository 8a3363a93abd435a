package io.swinlake.bench;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Folders of generated pictures, the same at every run: smooth, with some noise, so that their JPEGs are of about the size that photos have. */
public final class Photos {
    private static final int WIDTH = 500;
    private static final int HEIGHT = 375;

    private Photos() {}

    /** JPEGs of 500x375 pixels in {@code parent/photos-COUNT}, written where they are not there yet. */
    public static List<Path> jpegs(Path parent, int count) throws IOException {
        return folder(parent.resolve("photos-" + count), count, "jpg", WIDTH, HEIGHT);
    }

    /** PNGs of {@code side} times {@code side} pixels, which nobody needs to resize. */
    public static List<Path> squares(Path parent, int count, int side) throws IOException {
        return folder(parent.resolve("squares-" + count), count, "png", side, side);
    }

    private static List<Path> folder(Path folder, int count, String format, int width, int height) throws IOException {
        if (!Files.exists(folder)) {
            Path unfinished = folder.resolveSibling(folder.getFileName() + ".unfinished");
            Files.createDirectories(unfinished);
            Random random = new Random(1);
            for (int i = 0; i < count; i++) {
                Path file = unfinished.resolve(String.format(Locale.ROOT, "photo-%05d.%s", i, format));
                ImageIO.write(scaled(photo(random), width, height), format, file.toFile());
            }
            Files.move(unfinished, folder);
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static BufferedImage scaled(BufferedImage photo, int width, int height) {
        if (photo.getWidth() == width && photo.getHeight() == height) {
            return photo;
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.drawImage(photo, 0, 0, width, height, null);
        graphics.dispose();
        return image;
    }

    private static BufferedImage photo(Random random) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        double fx = random.nextDouble() / 20;
        double fy = random.nextDouble() / 20;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int red = (int) (127 + 90 * Math.sin(x * fx + y * fy)) + random.nextInt(30);
                int green = (int) (127 + 90 * Math.sin(x * fy)) + random.nextInt(30);
                int blue = (int) (127 + 90 * Math.cos(y * fx)) + random.nextInt(30);
                image.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        return image;
    }
}
