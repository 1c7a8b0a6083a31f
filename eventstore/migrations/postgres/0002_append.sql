-- One batch of appends, in one round trip and one transaction. Arrays are parallel per letter:
-- a_ appends, f_ fences, p_ parts, g_ guards, e_ events, v_ vault writes; *_append is the append's number from 1.
-- Answers one row 'head' (the position before the batch, the time given) or 'epoch', and a row for each reason not to write.
CREATE FUNCTION journal.append(
    batch_epoch uuid, command_results_after bigint,
    a_command uuid[], a_fingerprint bytea[], a_events bigint[], a_versions text[], a_answer text[],
    f_append integer[], f_resource text[], f_token bigint[],
    p_append integer[], p_stream text[], p_expected bigint[], p_version bigint[],
    g_append integer[], g_stream text[], g_version bigint[],
    e_append integer[], e_id uuid[], e_stream_type text[], e_stream_id text[], e_stream_version bigint[], e_type text[],
    e_version integer[], e_tenant text[], e_project text[], e_actor_kind text[], e_actor_id text[], e_actor_name text[],
    e_command uuid[], e_correlation uuid[], e_causation uuid[], e_address text[], e_payload text[], e_hash bytea[],
    v_append integer[], v_kind text[], v_key text[], v_value bytea[], v_expires bigint[]
) RETURNS TABLE (
    o_kind text, o_append integer, o_position bigint, o_time bigint, o_epoch uuid, o_versions text, o_answer text,
    o_fingerprint bytea, o_stream text, o_expected bigint, o_actual bigint
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    current_epoch uuid;
    head bigint;
    previous bigint;
    stamp bigint;
    known integer[];
    held integer[];
    fenced integer[];
    stale integer[];
    refused integer[];
BEGIN
    -- First and alone: heads read in a statement that began before the lock was held would be old ones.
    PERFORM pg_advisory_xact_lock(5724186650907601260);

    SELECT e.id INTO current_epoch FROM journal.epochs e ORDER BY e.n DESC LIMIT 1;
    IF current_epoch IS DISTINCT FROM batch_epoch THEN
        RETURN QUERY SELECT 'epoch', NULL::integer, NULL::bigint, NULL::bigint, current_epoch, NULL, NULL, NULL::bytea, NULL, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    SELECT e.position, e.time INTO head, previous FROM journal.events e ORDER BY e.position DESC LIMIT 1;
    head := coalesce(head, 0);
    stamp := greatest(journal.now_us(), coalesce(previous, 0));

    SELECT coalesce(array_agg(a.n::integer), '{}') INTO known
    FROM unnest(a_command) WITH ORDINALITY a(command_id, n)
    JOIN journal.command_results c ON c.command_id = a.command_id AND c.time > command_results_after;

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

    SELECT coalesce(array_agg(s.append), '{}') INTO stale FROM (
        SELECT p.append, p.stream, p.version FROM unnest(p_append, p_stream, p_expected) p(append, stream, version)
        UNION ALL
        SELECT g.append, g.stream, g.version FROM unnest(g_append, g_stream, g_version) g(append, stream, version)
    ) s LEFT JOIN journal.stream_heads h ON h.stream = s.stream
    WHERE coalesce(h.version, 0) <> s.version;

    refused := known || fenced || stale;

    INSERT INTO journal.events (
        position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, event_type, version, tenant, project,
        actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, client_address, time, payload, content_hash)
    SELECT head + row_number() OVER (ORDER BY e.n),
           coalesce(t.position, 0) + row_number() OVER (PARTITION BY e.tenant ORDER BY e.n),
           batch_epoch, e.id, e.stream_type, e.stream_id, e.stream_version, e.type, e.version, e.tenant, e.project,
           e.actor_kind, e.actor_id, e.actor_name, e.command, e.correlation, e.causation, e.address, stamp, e.payload::json, e.hash
    FROM unnest(e_append, e_id, e_stream_type, e_stream_id, e_stream_version, e_type, e_version, e_tenant, e_project, e_actor_kind,
                e_actor_id, e_actor_name, e_command, e_correlation, e_causation, e_address, e_payload, e_hash) WITH ORDINALITY
         e(append, id, stream_type, stream_id, stream_version, type, version, tenant, project, actor_kind,
           actor_id, actor_name, command, correlation, causation, address, payload, hash, n)
    LEFT JOIN journal.tenant_heads t ON t.tenant = e.tenant
    WHERE e.append <> ALL (refused);

    INSERT INTO journal.stream_heads AS h (stream, version)
    SELECT p.stream, p.version FROM unnest(p_append, p_stream, p_version) p(append, stream, version)
    WHERE p.append <> ALL (refused)
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version;

    INSERT INTO journal.tenant_heads AS h (tenant, position)
    SELECT e.tenant, count(*) FROM unnest(e_append, e_tenant) e(append, tenant)
    WHERE e.append <> ALL (refused) GROUP BY e.tenant
    ON CONFLICT (tenant) DO UPDATE SET position = h.position + excluded.position;

    -- A row that is there already has expired.
    INSERT INTO journal.command_results AS c (command_id, fingerprint, epoch, position, time, versions, answer)
    SELECT a.command, a.fingerprint, batch_epoch, (head + sum(a.events) OVER (ORDER BY a.n))::bigint, stamp, a.versions, a.answer
    FROM unnest(a_command, a_fingerprint, a_events, a_versions, a_answer) WITH ORDINALITY a(command, fingerprint, events, versions, answer, n)
    WHERE a.n <> ALL (refused)
    ON CONFLICT (command_id) DO UPDATE SET fingerprint = excluded.fingerprint, epoch = excluded.epoch,
        position = excluded.position, time = excluded.time, versions = excluded.versions, answer = excluded.answer;

    IF cardinality(v_append) > 0 THEN
        DELETE FROM journal.vault v USING unnest(v_append, v_kind, v_key, v_value) w(append, kind, key, value)
        WHERE v.kind = w.kind AND v.key = w.key AND w.value IS NULL AND w.append <> ALL (refused);
        INSERT INTO journal.vault (kind, key, value, expires)
        SELECT w.kind, w.key, w.value, w.expires FROM unnest(v_append, v_kind, v_key, v_value, v_expires) w(append, kind, key, value, expires)
        WHERE w.value IS NOT NULL AND w.append <> ALL (refused)
        ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires;
    END IF;

    RETURN QUERY SELECT 'head', NULL::integer, head, stamp, NULL::uuid, NULL, NULL, NULL::bytea, NULL, NULL::bigint, NULL::bigint;
    IF cardinality(known) > 0 THEN
        RETURN QUERY SELECT 'known', k, c.position, c.time, c.epoch, c.versions, c.answer, c.fingerprint, NULL, NULL::bigint, NULL::bigint
        FROM unnest(known) k JOIN journal.command_results c ON c.command_id = a_command[k];
    END IF;
    IF cardinality(fenced) > 0 THEN
        RETURN QUERY SELECT 'fenced', f, NULL::bigint, NULL::bigint, NULL::uuid, NULL, NULL, NULL::bytea, NULL, NULL::bigint, NULL::bigint
        FROM unnest(fenced) f;
    END IF;
    IF cardinality(stale) > 0 THEN
        RETURN QUERY SELECT 'stale', s.append, NULL::bigint, NULL::bigint, NULL::uuid, NULL, NULL, NULL::bytea, s.stream, s.version, coalesce(h.version, 0)
        FROM (
            SELECT p.append, p.stream, p.version, p.n FROM unnest(p_append, p_stream, p_expected) WITH ORDINALITY p(append, stream, version, n)
            WHERE p.append = ANY (stale)
            UNION ALL
            SELECT g.append, g.stream, g.version, g.n + 1000000 FROM unnest(g_append, g_stream, g_version) WITH ORDINALITY g(append, stream, version, n)
            WHERE g.append = ANY (stale)
        ) s LEFT JOIN journal.stream_heads h ON h.stream = s.stream
        WHERE s.append <> ALL (known || fenced) AND coalesce(h.version, 0) <> s.version
        ORDER BY s.append, s.n;
    END IF;
END $$;
