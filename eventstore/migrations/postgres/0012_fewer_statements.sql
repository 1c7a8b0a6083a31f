-- Fewer statements, each of which has a price: what is read is read in one, what is written is written in one. It says how long it
-- waited and worked, so that the caller can tell its own time and the commit's from it.
DROP FUNCTION journal.append;

-- One batch of appends, in one round trip and one transaction. Arrays are parallel per letter:
-- a_ appends, f_ fences, s_ streams and the versions they must be at, t_ tenants, e_ events, v_ vault writes; *_append is the
-- append's number from 1, e_tenant the tenant's. Ordinals count what the batch writes if nothing of it is refused: a_last is the
-- ordinal of the append's last event in the batch, e_ordinal the event's own, e_tenant_ordinal its own within its tenant.
--
-- s_sure: the version is right if last_event, which the caller wrote, is still the journal's last. Not careful: the commands
-- are taken for new and s_ leaves out the streams that must not exist; whatever is not so violates a unique index, and the caller
-- asks again carefully.
-- Answers one row 'head' (the position before the batch, the time given, µs waited for the lock and µs worked under it, without the
-- commit) or 'epoch', and a row for each reason not to write.
CREATE FUNCTION journal.append(
    batch_epoch uuid, command_results_after bigint, careful boolean, last_event uuid,
    a_command uuid[], a_fingerprint bytea[], a_events bigint[], a_last bigint[], a_versions text[], a_answer text[],
    f_append integer[], f_resource text[], f_token bigint[],
    s_append integer[], s_type text[], s_id text[], s_version bigint[], s_sure boolean[],
    t_tenant text[], t_events bigint[],
    e_append integer[], e_ordinal bigint[], e_tenant integer[], e_tenant_ordinal bigint[], e_id uuid[], e_stream_type text[], e_stream_id text[], e_stream_version bigint[], e_type text[],
    e_version integer[], e_project text[], e_actor_kind text[], e_actor_id text[], e_actor_name text[],
    e_command uuid[], e_correlation uuid[], e_causation uuid[], e_address text[], e_payload text[], e_hash bytea[],
    v_append integer[], v_kind text[], v_key text[], v_value bytea[], v_expires bigint[]
) RETURNS TABLE (
    o_kind text, o_append integer, o_position bigint, o_time bigint, o_epoch uuid, o_versions text, o_answer text,
    o_fingerprint bytea, o_stream text, o_expected bigint, o_actual bigint, o_waited bigint, o_worked bigint
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    current_epoch uuid;
    head bigint;
    previous bigint;
    -- Nobody else has written since the caller did.
    unmoved boolean;
    stamp bigint;
    -- When the lock was held.
    began timestamptz;
    -- Positions of the tenants' last events, in the order of t_tenant.
    tenants bigint[];
    known integer[];
    expired uuid[];
    held integer[];
    fenced integer[];
    stale integer[];
    refused integer[];
BEGIN
    -- First and alone: heads read in a statement that began before the lock was held would be old ones.
    PERFORM pg_advisory_xact_lock(5724186650907601260);
    began := clock_timestamp();

    SELECT (SELECT e.id FROM journal.epochs e ORDER BY e.n DESC LIMIT 1), l.position, l.time, l.event_id = last_event,
           ARRAY(SELECT coalesce(h.position, 0) FROM unnest(t_tenant) WITH ORDINALITY t(tenant, n)
                 LEFT JOIN journal.tenant_heads h ON h.tenant = t.tenant ORDER BY t.n)
    INTO current_epoch, head, previous, unmoved, tenants
    FROM (SELECT) nothing
    LEFT JOIN LATERAL (SELECT e.position, e.time, e.event_id FROM journal.events e ORDER BY e.position DESC LIMIT 1) l ON true;
    IF current_epoch IS DISTINCT FROM batch_epoch THEN
        RETURN QUERY SELECT 'epoch', NULL::integer, NULL::bigint, NULL::bigint, current_epoch, NULL, NULL, NULL::bytea, NULL, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    head := coalesce(head, 0);
    stamp := greatest(journal.now_us(), coalesce(previous, 0));

    fenced := '{}';
    IF cardinality(f_append) > 0 THEN
        -- Locked until the commit, so that the next holder's first look sees what the former one wrote.
        SELECT coalesce(array_agg(s.append), '{}') INTO held FROM (
            SELECT f.append FROM unnest(f_append, f_resource, f_token) f(append, resource, token)
            JOIN journal.leases l ON l.resource = f.resource AND l.token = f.token AND l.holder IS NOT NULL
            FOR SHARE OF l
        ) s;
        SELECT coalesce(array_agg(f), '{}') INTO fenced FROM unnest(f_append) f WHERE f <> ALL (held);
    END IF;

    stale := '{}';
    IF unmoved IS NOT TRUE OR false = ANY (s_sure) THEN
        SELECT coalesce(array_agg(s.append), '{}') INTO stale
        FROM unnest(s_append, s_type, s_id, s_version, s_sure) s(append, type, id, version, sure)
        LEFT JOIN LATERAL (
            SELECT e.stream_version FROM journal.events e WHERE e.stream_id = s.id AND e.stream_type = s.type ORDER BY e.stream_version DESC LIMIT 1
        ) h ON true
        WHERE coalesce(h.stream_version, 0) <> s.version AND (unmoved IS NOT TRUE OR NOT s.sure);
    END IF;

    known := '{}';
    expired := '{}';
    -- A refusal counts only if the command is a new one.
    IF careful OR cardinality(fenced || stale) > 0 THEN
        SELECT coalesce(array_agg(a.n::integer) FILTER (WHERE c.time > command_results_after), '{}'),
               coalesce(array_agg(c.command_id) FILTER (WHERE c.time <= command_results_after), '{}')
        INTO known, expired
        FROM unnest(a_command) WITH ORDINALITY a(command_id, n)
        JOIN journal.command_results c ON c.command_id = a.command_id;
    END IF;

    refused := known || fenced || stale;
    IF cardinality(refused) > 0 THEN
        -- The ordinals among what is left.
        SELECT array_agg(s.ordinal ORDER BY s.n), array_agg(s.tenant_ordinal ORDER BY s.n) INTO e_ordinal, e_tenant_ordinal FROM (
            SELECT e.n, count(*) FILTER (WHERE e.append <> ALL (refused)) OVER (ORDER BY e.n) AS ordinal,
                   count(*) FILTER (WHERE e.append <> ALL (refused)) OVER (PARTITION BY e.tenant ORDER BY e.n) AS tenant_ordinal
            FROM unnest(e_append, e_tenant) WITH ORDINALITY e(append, tenant, n)
        ) s;
        SELECT array_agg(s.last ORDER BY s.n) INTO a_last FROM (
            SELECT a.n, coalesce(sum(a.events) FILTER (WHERE a.n <> ALL (refused)) OVER (ORDER BY a.n), 0)::bigint AS last
            FROM unnest(a_events) WITH ORDINALITY a(events, n)
        ) s;
        SELECT array_agg(s.events ORDER BY s.n) INTO t_events FROM (
            SELECT t.n, (SELECT count(*) FROM unnest(e_append, e_tenant) e(append, tenant) WHERE e.tenant = t.n AND e.append <> ALL (refused)) AS events
            FROM unnest(t_tenant) WITH ORDINALITY t(tenant, n)
        ) s;
    END IF;

    IF cardinality(expired) > 0 THEN
        DELETE FROM journal.command_results c WHERE c.command_id = ANY (expired);
    END IF;
    WITH written AS (
    INSERT INTO journal.events (
        position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, event_type, version, tenant, project,
        actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, client_address, time, payload, content_hash)
    SELECT head + e.ordinal, tenants[e.tenant] + e.tenant_ordinal,
           batch_epoch, e.id, e.stream_type, e.stream_id, e.stream_version, e.type, e.version, t_tenant[e.tenant], e.project,
           e.actor_kind, e.actor_id, e.actor_name, e.command, e.correlation, e.causation, e.address, stamp, e.payload::json, e.hash
    FROM (
        SELECT unnest(e_append) AS append, unnest(e_ordinal) AS ordinal, unnest(e_tenant) AS tenant, unnest(e_tenant_ordinal) AS tenant_ordinal,
               unnest(e_id) AS id, unnest(e_stream_type) AS stream_type, unnest(e_stream_id) AS stream_id, unnest(e_stream_version) AS stream_version,
               unnest(e_type) AS type, unnest(e_version) AS version, unnest(e_project) AS project, unnest(e_actor_kind) AS actor_kind,
               unnest(e_actor_id) AS actor_id, unnest(e_actor_name) AS actor_name, unnest(e_command) AS command, unnest(e_correlation) AS correlation,
               unnest(e_causation) AS causation, unnest(e_address) AS address, unnest(e_payload) AS payload, unnest(e_hash) AS hash
    ) e
    WHERE e.append <> ALL (refused)
    ), heads AS (
    INSERT INTO journal.tenant_heads (tenant, position)
    SELECT t.tenant, tenants[t.n] + t.events FROM unnest(t_tenant, t_events) WITH ORDINALITY t(tenant, events, n)
    WHERE t.events > 0
    ON CONFLICT (tenant) DO UPDATE SET position = excluded.position
    )
    INSERT INTO journal.command_results (command_id, fingerprint, epoch, position, time, versions, answer)
    SELECT a.command, a.fingerprint, batch_epoch, head + a.last, stamp, a.versions, a.answer
    FROM unnest(a_command, a_fingerprint, a_last, a_versions, a_answer) WITH ORDINALITY a(command, fingerprint, last, versions, answer, n)
    WHERE a.n <> ALL (refused);

    IF cardinality(v_append) > 0 THEN
        DELETE FROM journal.vault v USING unnest(v_append, v_kind, v_key, v_value) w(append, kind, key, value)
        WHERE v.kind = w.kind AND v.key = w.key AND w.value IS NULL AND w.append <> ALL (refused);
        INSERT INTO journal.vault (kind, key, value, expires)
        SELECT w.kind, w.key, w.value, w.expires FROM unnest(v_append, v_kind, v_key, v_value, v_expires) w(append, kind, key, value, expires)
        WHERE w.value IS NOT NULL AND w.append <> ALL (refused)
        ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires;
    END IF;

    o_kind := 'head';
    o_position := head;
    o_time := stamp;
    o_waited := extract(epoch FROM began - statement_timestamp()) * 1000000;
    o_worked := extract(epoch FROM clock_timestamp() - began) * 1000000;
    RETURN NEXT;
    IF cardinality(known) > 0 THEN
        RETURN QUERY SELECT 'known', k, c.position, c.time, c.epoch, c.versions, c.answer, c.fingerprint, NULL, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
        FROM unnest(known) k JOIN journal.command_results c ON c.command_id = a_command[k];
    END IF;
    IF cardinality(fenced) > 0 THEN
        RETURN QUERY SELECT 'fenced', f, NULL::bigint, NULL::bigint, NULL::uuid, NULL, NULL, NULL::bytea, NULL, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
        FROM unnest(fenced) f;
    END IF;
    IF cardinality(stale) > 0 THEN
        RETURN QUERY SELECT 'stale', s.append, NULL::bigint, NULL::bigint, NULL::uuid, NULL, NULL, NULL::bytea, s.type || '-' || s.id, s.version,
                            coalesce(h.stream_version, 0), NULL::bigint, NULL::bigint
        FROM unnest(s_append, s_type, s_id, s_version) WITH ORDINALITY s(append, type, id, version, n)
        LEFT JOIN LATERAL (
            SELECT e.stream_version FROM journal.events e WHERE e.stream_id = s.id AND e.stream_type = s.type ORDER BY e.stream_version DESC LIMIT 1
        ) h ON true
        WHERE s.append = ANY (stale) AND coalesce(h.stream_version, 0) <> s.version
          AND s.append <> ALL (known || fenced)
        ORDER BY s.append, s.n;
    END IF;
END $$;
