-- Pairs of images that are nearly the same. Compares every image of a class with every other one of it: for a whole
-- lake, 'swinlake duplicates' does the same by blocks.
SELECT a.path AS image, b.path AS duplicate, vector_cosine_similarity(a.embedding, b.embedding) AS cosine
FROM embeddings AS a
JOIN embeddings AS b ON a.prediction = b.prediction AND a.path < b.path
WHERE a.error IS NULL AND b.error IS NULL
  AND vector_cosine_similarity(a.embedding, b.embedding) >= 0.99
ORDER BY cosine DESC, image, duplicate;
