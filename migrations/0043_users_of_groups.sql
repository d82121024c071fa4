-- What uses a group that somebody has made; most resources use the default ones, and pay nothing for these.
CREATE INDEX cache_cluster_by_parameter_group ON cache_cluster (region, parameter_group, id) WHERE substr(parameter_group, 1, 8) <> 'default.';
CREATE INDEX cache_cluster_by_pending_parameter_group ON cache_cluster (region, pending_parameter_group) WHERE pending_parameter_group IS NOT NULL;
CREATE INDEX cache_cluster_by_subnet_group ON cache_cluster (region, subnet_group) WHERE subnet_group <> 'default';
CREATE INDEX replication_group_by_parameter_group ON replication_group (region, parameter_group) WHERE substr(parameter_group, 1, 8) <> 'default.';
CREATE INDEX snapshot_being_copied ON snapshot (region, copied_from) WHERE status = 'creating' AND copied_from IS NOT NULL;
