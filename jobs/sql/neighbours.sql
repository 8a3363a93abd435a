-- What the model says about the first images.
SELECT regexp_extract(path, '[^/]+$', 0) AS image, label, round(probability, 4) AS probability,
       size(embedding) AS dimensions
FROM embeddings
ORDER BY path
LIMIT 5;

-- The images most like the first of them: cosine of the embeddings, in plain Spark SQL.
WITH normalized AS (
    SELECT path, label,
           transform(embedding, x -> x / sqrt(aggregate(embedding, 0D, (sum, y) -> sum + y * y))) AS unit
    FROM embeddings
    WHERE error IS NULL
), query AS (
    SELECT path AS query_path, unit AS query_unit FROM normalized ORDER BY path LIMIT 1
)
SELECT regexp_extract(path, '[^/]+$', 0) AS image, label,
       round(aggregate(zip_with(unit, query_unit, (x, y) -> x * y), 0D, (sum, x) -> sum + x), 4) AS cosine
FROM normalized CROSS JOIN query
WHERE path != query_path
ORDER BY cosine DESC, path
LIMIT 5;
