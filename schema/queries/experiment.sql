-- name: experiment_template_get (id text) one: experiment_template
SELECT * FROM experiment_template WHERE id = :id;

-- name: experiment_template_list (region text, account text) many: experiment_template
SELECT * FROM experiment_template WHERE region = :region AND account = :account ORDER BY created_ms, id;

-- The template that a request with this token has made. What it asked for is to be the same again (experiment_same_text).
-- name: experiment_template_by_token (region text, account text, body text) one: experiment_template
SELECT * FROM experiment_template WHERE region = :region AND account = :account AND json_extract(body, '$.clientToken') = json_extract(:body, '$.clientToken')
ORDER BY created_ms, id LIMIT 1;

-- name: experiment_by_token (region text, account text, body text) one: experiment
SELECT * FROM experiment WHERE region = :region AND account = :account AND json_extract(body, '$.clientToken') = json_extract(:body, '$.clientToken')
ORDER BY created_ms, id LIMIT 1;

-- name: experiment_same_text (one text, other text) int
SELECT json(:one) = json(:other);

-- name: experiment_get (id text) one: experiment
SELECT * FROM experiment WHERE id = :id;

-- name: experiment_list (region text, account text, template_id text) many: experiment
SELECT * FROM experiment WHERE region = :region AND account = :account AND (:template_id = '' OR template_id = :template_id) ORDER BY created_ms, id;

-- Whatever is asked in JSON is read and answered by SQLite.

-- name: json_is_object (body text) int
SELECT CASE WHEN json_valid(:body) THEN json_type(:body) = 'object' ELSE 0 END;

-- The names of an object's members.
-- name: json_names (body text, path text) texts
SELECT key FROM json_each(:body, '$.' || :path);

-- The values of an object's members or a list's items; a value alone is the only one.
-- name: json_values (body text, path text) texts
SELECT value FROM json_each(:body, '$.' || :path);

-- The replication groups of a region that have all tags of a target.
-- name: experiment_tagged (body text, path text, prefix text) texts
SELECT DISTINCT arn FROM tag AS has WHERE substr(arn, 1, length(:prefix)) = :prefix AND NOT EXISTS (
  SELECT 1 FROM json_each(:body, '$.' || :path) AS asked WHERE NOT EXISTS (
    SELECT 1 FROM tag WHERE tag.arn = has.arn AND tag.key = asked.key AND tag.value = asked.value)) ORDER BY arn;

-- name: experiment_body (body text, request text) texts
SELECT json_set(json_remove(:body, '$.clientToken', '$.description'), '$.tags', json(coalesce(json_extract(:request, '$.tags'), '{}')),
  '$.clientToken', json_extract(:request, '$.clientToken'));

-- name: experiment_template_text (id text, arn text) texts
SELECT json_patch(json_remove(body, '$.clientToken'), json_object('id', id, 'arn', :arn, 'creationTime', created_ms / 1000.0, 'lastUpdateTime', created_ms / 1000.0))
FROM experiment_template WHERE id = :id;

-- The paths of a target's filters.
-- name: experiment_filter_paths (body text, path text) texts
SELECT CASE type WHEN 'object' THEN json_extract(value, '$.path') END FROM json_each(:body, '$.' || :path);

-- Whether a replication group has one of the values of each filter.
-- name: experiment_passes (body text, path text, region text, id key) int
SELECT NOT EXISTS (SELECT 1 FROM json_each(:body, '$.' || :path) AS filter WHERE NOT EXISTS (
  SELECT 1 FROM json_each(filter.value, '$.values') AS allowed WHERE allowed.value = CASE json_extract(filter.value, '$.path')
    WHEN 'Description' THEN rg.description WHEN 'Status' THEN rg.status WHEN 'Engine' THEN rg.engine
    WHEN 'CacheNodeType' THEN rg.node_type WHEN 'ClusterMode' THEN rg.cluster_mode WHEN 'AutomaticFailover' THEN rg.automatic_failover
    WHEN 'MultiAZ' THEN iif(rg.multi_az, 'enabled', 'disabled') END))
FROM replication_group AS rg WHERE rg.region = :region AND rg.id = :id;

-- 'schedule' has for each action when it starts and ends, in ms after the experiment's start.
-- name: experiment_text (id text, arn text, status text, reason text, end_ms int, now_ms int, schedule text) texts
SELECT json_patch(json_remove(body, '$.clientToken'), json_object('id', id, 'arn', :arn, 'experimentTemplateId', template_id, 'state', json_object('status', :status, 'reason', :reason),
  'creationTime', created_ms / 1000.0, 'startTime', created_ms / 1000.0, 'endTime', CASE WHEN :end_ms THEN :end_ms / 1000.0 END,
  'actions', (SELECT json_group_object(key, json_patch(value, json_object(
      'state', json_object('status', CASE
        WHEN failure IS NOT NULL THEN :status
        WHEN begins < coalesce(nullif(:end_ms, 0), :now_ms + 1) THEN CASE WHEN ends <= coalesce(nullif(:end_ms, 0), :now_ms) THEN 'completed' ELSE :status END
        WHEN :end_ms THEN 'cancelled' ELSE 'pending' END, 'reason', :reason),
      'startTime', CASE WHEN begins <= coalesce(nullif(:end_ms, 0), :now_ms) THEN begins / 1000.0 END,
      'endTime', CASE WHEN ends <= coalesce(nullif(:end_ms, 0), :now_ms) THEN ends / 1000.0 END)))
    FROM (SELECT key, value, created_ms + json_extract(:schedule, '$."' || key || '"[0]') AS begins, created_ms + json_extract(:schedule, '$."' || key || '"[1]') AS ends
      FROM json_each(body, '$.actions')))))
FROM experiment WHERE id = :id;
