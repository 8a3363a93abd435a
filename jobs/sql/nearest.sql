-- The ten images most like one image. Replace the path's end by that of your own.
SELECT lake.path, lake.label,
       vector_cosine_similarity(lake.embedding, query.embedding) AS cosine
FROM embeddings AS lake
CROSS JOIN (SELECT path, embedding FROM embeddings WHERE error IS NULL ORDER BY path LIMIT 1) AS query
WHERE lake.error IS NULL AND lake.path != query.path
ORDER BY cosine DESC, lake.path
LIMIT 10;
