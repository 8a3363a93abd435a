"""Small files of every image format and kind, with the pixels that Pillow gives; run by scripts/image-fixture."""
