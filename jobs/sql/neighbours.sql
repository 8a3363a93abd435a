-- What the model says about the first images.
SELECT regexp_extract(path, '[^/]+$', 0) AS image, label, round(probability, 4) AS probability,
       size(embedding) AS dimensions
FROM embeddings
ORDER BY path
LIMIT 5;

-- The images most like the first of them.
WITH query AS (
    SELECT path AS query_path, embedding AS query_embedding FROM embeddings WHERE error IS NULL ORDER BY path LIMIT 1
)
SELECT regexp_extract(path, '[^/]+$', 0) AS image, label,
       round(vector_cosine_similarity(embedding, query_embedding), 4) AS cosine
FROM embeddings CROSS JOIN query
WHERE error IS NULL AND path != query_path
ORDER BY cosine DESC, path
LIMIT 5;
