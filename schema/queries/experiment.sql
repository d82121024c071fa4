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

-- name: experiment_text (id text, arn text, status text, reason text, end_ms int) texts
SELECT json_patch(json_remove(body, '$.clientToken'), json_object('id', id, 'arn', :arn, 'experimentTemplateId', template_id, 'state', json_object('status', :status, 'reason', :reason),
  'creationTime', created_ms / 1000.0, 'startTime', created_ms / 1000.0, 'endTime', CASE WHEN :end_ms THEN :end_ms / 1000.0 END,
  'actions', (SELECT json_group_object(key, json_set(value, '$.state', json_object('status', :status, 'reason', :reason), '$.startTime', created_ms / 1000.0))
    FROM json_each(body, '$.actions'))))
FROM experiment WHERE id = :id;
