-- What each class looks like on average, and how close together its images are: the length of the mean of unit vectors
-- is 1 if all point the same way.
SELECT label, count(*) AS images,
       vector_norm(vector_avg(vector_normalize(embedding))) AS concentration,
       vector_avg(embedding) AS centroid
FROM embeddings
WHERE error IS NULL
GROUP BY label
ORDER BY images DESC, label;
