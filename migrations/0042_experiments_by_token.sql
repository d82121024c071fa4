CREATE INDEX experiment_by_token ON experiment (region, account, json_extract(body, '$.clientToken'), created_ms, id);
CREATE INDEX experiment_template_by_token ON experiment_template (region, account, json_extract(body, '$.clientToken'), created_ms, id);
