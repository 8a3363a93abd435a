-- The images least like the other images of their class: wrong predictions, or pictures worth a look.
WITH centroids AS (
    SELECT prediction, vector_avg(vector_normalize(embedding)) AS centroid
    FROM embeddings
    WHERE error IS NULL
    GROUP BY prediction
)
SELECT path, label, probability, vector_cosine_similarity(embedding, centroid) AS cosine
FROM embeddings
JOIN centroids USING (prediction)
WHERE error IS NULL
ORDER BY cosine, path
LIMIT 10;
