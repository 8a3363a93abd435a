-- The pairs of classes that the model sees as most alike: where confusions are to be expected.
WITH centroids AS (
    SELECT label, vector_avg(vector_normalize(embedding)) AS centroid
    FROM embeddings
    WHERE error IS NULL
    GROUP BY label
)
SELECT a.label AS class, b.label AS other, vector_l2_distance(a.centroid, b.centroid) AS distance
FROM centroids AS a
JOIN centroids AS b ON a.label < b.label
ORDER BY distance, class, other
LIMIT 20;
