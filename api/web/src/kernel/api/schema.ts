// Made from the OpenAPI document by `npm run types`; not edited by hand.
export interface paths {
    "/api/v1/accounts/{id}/forget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forgets a person, for ever: name, e-mail address and network addresses are gone from everything, and nobody signs in as them again. One's
         *     own account; an admin of the platform may forget any.
         */
        post: operations["forget_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The open questions of all teams one is in. */
        get: operations["list_my_approvals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest signed checkpoint of the journal, or the one of a size. */
        get: operations["get_checkpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events with who, from where and why. Admins of a team see all of it; everybody sees the events of one's own account.
         *     That a team's history was looked at becomes an event of the team, once for each reader, question and hour.
         */
        get: operations["query_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that a query of the audit finds, as JSON lines: a header line with a signed checkpoint, event items each with its proof in the
         *     checkpoint's tree, and a last line that counts them and is signed. `limit` is not heeded. `opensail audit verify` checks it without a server.
         *     With `format=csv` for spreadsheets, without proofs; nothing in it is taken for a formula.
         */
        get: operations["export_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proof that an event is in the journal that the checkpoints sign, or that one checkpoint's journal is the beginning of another's. */
        get: operations["get_proof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs in by a one-time link, good for 15 minutes. */
        post: operations["sign_in_by_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs in by password. Too many attempts are answered with 429. */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs this browser out; its tokens are void at once. */
        post: operations["sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs all browsers of the account out; every token before now is void. */
        post: operations["sign_out_everywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who one is. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes the password; all other browsers are signed out. */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives new tokens for the refresh cookie. The last refresh token may come again for 30 seconds; an older one ends the sign-in. */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Registers an account, if the server lets people register, and signs it in. */
        post: operations["register_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consumers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every consumer that workers share and how it stands; one that nobody works on any more, too. Administrators of the platform only. */
        get: operations["list_consumers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consumers/parked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams that consumers have set aside, because an event of theirs could not be handled. Administrators of the platform only. */
        get: operations["list_streams_parked_by_consumers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consumers/{name}/parked/{stream}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a consumer handle a parked stream again, once the reason is mended. It is carried out by the member that has the stream, before it takes up
         *     what comes next, or as soon as there is one; the list of parked streams tells what came of it. A newer order about the same event takes its place until then.
         *     Administrators of the platform only.
         */
        post: operations["retry_stream_of_consumer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consumers/{name}/parked/{stream}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a consumer go on with a parked stream behind the event that it cannot handle. It is carried out as a retry is. Administrators of the platform only. */
        post: operations["skip_event_of_consumer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every type and version of events, with the schema of its `data`. */
        get: operations["list_event_types"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts an invitation with the account that is signed in. */
        post: operations["accept_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Many streams over one connection, as server-sent events or, for who asks to upgrade, over a WebSocket with the same frames, a text message
         *     each: the frames of a session's stream, which does not end with a session. With cookies a WebSocket must come from our own pages.
         */
        get: operations["stream_many"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/model": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The model that is set up on this server. With `as_of` what was chosen then; the server's own settings, which go first, its prices and what the
         *     caller may are today's.
         */
        get: operations["get_model"];
        /**
         * Chooses the model of sessions that name none; every turn that begins from now on uses it. Administrators of the platform only; 409 where
         *     the server's own settings name the model.
         */
        put: operations["choose_model"];
        post?: never;
        /** Takes the choice of a model back and destroys the key. Administrators of the platform only. */
        delete: operations["clear_model"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/model/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a model one short question, which may cost a fraction of a cent. Writes nothing. Administrators of the platform only. */
        post: operations["test_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every read model and how it stands. Administrators of the platform only. */
        get: operations["list_projections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/parked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Streams that read models have set aside, because an event of theirs could not be applied. Administrators of the platform only. */
        get: operations["list_parked_streams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/{name}/drop-old": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets go of the tables that were read before the last switch. */
        post: operations["drop_old_projection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/{name}/parked/{stream}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has a read model apply a parked stream again, once the reason is mended. It is done when the read model has reached the position that is answered:
         *     the stream then flows, or is parked still, or at a later event. Administrators of the platform only.
         */
        post: operations["retry_parked_stream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/{name}/parked/{stream}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has a read model leave the event out that it cannot apply, for ever, and go on with the stream behind it. Administrators of the platform only. */
        post: operations["skip_parked_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/{name}/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Builds a read model anew from the journal, beside the one that is read until it has caught up. One that is under way goes on. */
        post: operations["rebuild_projection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections/{name}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes back to the tables that were read before the last switch, once they have caught up; 409 when none are kept that could be read. */
        post: operations["roll_back_projection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The projects of the teams one is in. */
        get: operations["list_projects"];
        put?: never;
        /** Creates a project; its files are fetched in the background (`preparing`, then `ready` or `failed`). */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        /** Deletes a project without sessions at work. A folder it was made from stays. Admins only. */
        delete: operations["delete_project"];
        options?: never;
        head?: never;
        /** Renames a project. */
        patch: operations["rename_project"];
        trace?: never;
    };
    "/api/v1/projects/{id}/file-origin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which event wrote a file last: a person's write, or a call of an agent's file tools. */
        get: operations["get_file_origin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file's bytes, with `as_of` from the snapshot that was in force then. The ETag is the SHA-256 of its content. */
        get: operations["read_file"];
        /** Writes a whole file, at most 25 MiB; its folders are made as needed. `If-Match` and `If-None-Match: *` guard it. */
        put: operations["write_file"];
        post?: never;
        /** Deletes a file. `If-Match` guards it. */
        delete: operations["delete_file"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * How long the snapshots of a project's sessions are kept: all of the last days, of older ones every n-th; what is named, and what a session begins
         *     and ends with, always. A sweep of the storage lets the others go.
         */
        put: operations["set_retention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sessions of a project. */
        get: operations["list_sessions"];
        put?: never;
        /** Gives an agent a task; it begins as soon as the project is free. */
        post: operations["start_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/tree": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files and folders of a project. */
        get: operations["get_tree"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A session, now or as of an earlier point. */
        get: operations["get_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The open questions of a session. */
        get: operations["list_approvals_of_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/approvals/{approval_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers a question. The same answer again is 200, another one 409. */
        post: operations["answer_approval"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/blame": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which event wrote each line of a file. A change that people made between two calls is told as the later call's. */
        get: operations["get_blame"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels a session; a tool that runs is stopped. */
        post: operations["cancel_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Two sessions since they parted: steps, cost, outcome and files. */
        get: operations["compare_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed in the files: between any two events, sessions or snapshots with `from` or `to`, shell commands and people's changes included.
         *     Without them, what the session's file tools changed: of each file its first state before against its last after.
         */
        get: operations["get_diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Throws a fork's working copy away; its events and snapshots stay, so it can be forked from again. What is in it at last is captured before; where
         *     that cannot be (507 `store_full`, 409 `files_failed`), nothing is thrown away unless `force` says so. The body may be left out.
         */
        post: operations["discard_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of a session. `after` is a cursor or position, exclusive. */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A session to take away. `jsonl`: a header line, event items, then `{blob,base64}` lines. */
        get: operations["export_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file's bytes as they were at an event; at most 25 MiB. Links are not followed. */
        get: operations["read_session_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/forget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forgets what people, model and tools said in a finished session, for ever: its key is destroyed. The events stay, and every proof holds. */
        post: operations["forget_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/fork": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new session with this one's conversation and files as they were at an event. It works in a copy of its own, beside all others; this one may be
         *     at work. What snapshots leave out (`node_modules`, `target`, folders that `.gitignore` names) is not in the copy, unless project and data folder
         *     lie on one btrfs, where all of a subvolume is copied at once.
         */
        post: operations["fork_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/forks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tree of forks that a session is in: the one they all come from, and everything that was forked from it or from its forks. */
        get: operations["list_forks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Merges a fork's files into the files of the session it left, texts by line. What both changed is told with 409 `files_conflict`, with both
         *     sides, and decided by `decisions`. The fork stays.
         */
        post: operations["merge_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says something more to the agent. A finished session is queued again. */
        post: operations["add_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/outputs/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Full bytes that an event names by their hash: a tool's whole output, or a file before or after a change. */
        get: operations["get_output"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The session and its conversation as they stood at a point, from events alone. */
        get: operations["replay_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The steps of a session that have files of their own, in order. */
        get: operations["list_snapshots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/snapshots/{at}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Names the files of an event, which keeps them whatever the project's retention says. */
        put: operations["name_snapshot"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A session live, as server-sent events: `id` is a cursor, `event` the type, `data` the event. `delta` events carry the text being
         *     written, `progress` events what a running command prints (`{session_id, call_id, offset, text}`, the first 256 KiB of it; on connect
         *     its last part so far); neither has an id. A finished session's stream ends with `event: end`; connecting again at or past it is 204.
         */
        get: operations["stream_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/tree": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files and folders of a session as they were at an event. */
        get: operations["get_session_tree"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a session that is not at work back to an event, files and conversation. Nothing is erased: an undo can be undone. Files that somebody
         *     changed since are told with 409 `files_conflict` and decided by `decisions`.
         */
        post: operations["undo_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage/sweep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets go of what the projects' retention no longer keeps, and removes from the store what no event names; or says what would go. */
        post: operations["sweep_storage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The teams one is in. */
        get: operations["list_teams"];
        put?: never;
        /** Creates a team; who creates it is its admin. */
        post: operations["create_team"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A team. */
        get: operations["get_team"];
        put?: never;
        post?: never;
        /** Deletes a team that has no projects. Admins only. */
        delete: operations["delete_team"];
        options?: never;
        head?: never;
        /** Renames a team. Admins only. */
        patch: operations["rename_team"];
        trace?: never;
    };
    "/api/v1/teams/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The invitations of a team that can be accepted, without their tokens. Admins only. */
        get: operations["list_invitations"];
        put?: never;
        /** Invites somebody: to register with the token, or to accept it with an account. It can be used once, within seven days. Admins only. */
        post: operations["create_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an invitation back. Admins only. */
        delete: operations["revoke_invitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is in a team. */
        get: operations["list_members"];
        put?: never;
        /** Takes somebody into a team. Admins only. */
        post: operations["add_member"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}/members/{account_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a member out of a team; its live streams close. Admins only, or oneself. */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        /** Changes a member's role; a team keeps at least one admin. Admins only. */
        patch: operations["change_member_role"];
        trace?: never;
    };
    "/api/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project templates that ship. */
        get: operations["list_templates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/work/parked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Work that was delivered to workers too often without being done. Administrators of the platform only. */
        get: operations["list_parked_work"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/work/parked/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Delivers a parked piece of work to workers again; 409 (`not_parked`) when no such piece is parked. Administrators of the platform only. */
        post: operations["retry_parked_work"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A relay or a second place of the seal that is away degrades and does not fail, and so does a read model that stands still on every node: at an
         *     event of a newer version of the program.
         */
        get: operations["get_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Acceptance: {
            token: string;
        };
        Account: {
            /** @description RFC 3339, UTC. */
            created_at: string;
            email: string;
            /** Format: uuid */
            id: string;
            name: string;
            /** @description May administer the platform. */
            platform_admin: boolean;
            /** Format: int64 */
            position: number;
        };
        Actor: {
            id: string;
            /** @description `user`, `agent`, `api_key` or `system` */
            kind: string;
            name: string;
        };
        Alive: {
            /** @description `alive` */
            status: string;
            version: string;
        };
        AncestorBody: {
            /**
             * Format: int64
             * @description Of its last event that both have.
             */
            position: number;
            /** Format: uuid */
            session_id: string;
        };
        AnswerBody: {
            decision: components["schemas"]["Decision"];
            /** @description Told to the model, at most 2000 bytes. */
            reason?: string | null;
        };
        /** @description A question that waits for people. */
        Approval: {
            /** @description As the model wrote them. */
            arguments: Record<string, never>;
            call_id: string;
            /** @description Denied as timed out after it. */
            expires_at: string;
            /** Format: uuid */
            id: string;
            /** Format: int64 */
            position: number;
            /** @description The exact command, or the diff. */
            preview: string;
            /** Format: uuid */
            project_id: string;
            requested_at: string;
            /** Format: uuid */
            session_id: string;
            /** Format: uuid */
            team_id: string;
            tool: string;
        };
        BTreeMap: {
            [key: string]: number;
        };
        BackEnd: components["schemas"]["BTreeMap"] & {
            name: string;
            ok: boolean;
            /** @description Without it everything goes on: more slowly without a relay, without a second witness while a second place of the seal is away. */
            optional?: boolean;
            /** @description What keeps it from going on, where that is known and can be told. */
            why?: string | null;
        };
        Blame: {
            items: components["schemas"]["BlamedLine"][];
            /** @description Always null: a file has one page. */
            next?: string | null;
            path: string;
        };
        BlamedLine: {
            call_id?: string | null;
            /**
             * Format: int64
             * @description From 1.
             */
            line: number;
            /**
             * Format: int64
             * @description Of the event after which the line was first there as it is; null when it was there before the session.
             */
            position?: number | null;
            text: string;
        };
        /** @description What a session may use up; what is left out stands at its default. */
        Budget: {
            /**
             * Format: int64
             * @description Millionths of a US dollar; no limit.
             */
            max_micro_usd?: number | null;
            /**
             * Format: int64
             * @description Seconds of work, waiting for people not counted; 3600.
             */
            max_seconds?: number | null;
            /**
             * Format: int64
             * @description Model turns; 100.
             */
            max_steps?: number | null;
            /**
             * Format: int64
             * @description Input and output together; 2000000.
             */
            max_tokens?: number | null;
        };
        /** @description How much of the journal is sealed, signed. */
        Checkpoint: {
            epoch: string;
            /** @description All keys that ever signed, oldest first, as C2SP signed-note writes them. Whoever verifies keeps the first one from an earlier day. */
            keys: string[];
            /** @description The signed text itself (C2SP tlog-checkpoint). */
            note: string;
            /** @description Root of the tree, base64. */
            root: string;
            /**
             * Format: int64
             * @description Positions in the tree.
             */
            size: number;
            /** @description RFC 3339, UTC, six digits: when it was sealed. */
            time: string;
        };
        ChosenModel: {
            /** @description Null: the provider's own. */
            base_url?: string | null;
            /** @description A key is kept; it is never told. */
            has_key: boolean;
            name: string;
            provider: components["schemas"]["ModelProvider"];
        };
        ComparedBody: {
            /** Format: int64 */
            input_tokens: number;
            /**
             * Format: int64
             * @description Millionths of a US dollar.
             */
            micro_usd: number;
            /** Format: int64 */
            output_tokens: number;
            /** Format: uuid */
            session_id: string;
            /** @description Its files, as the comparison has them. */
            snapshot: string;
            status: string;
            /** @description Since the ancestor. */
            steps: components["schemas"]["StepBody"][];
            /**
             * Format: int64
             * @description Milliseconds of work.
             */
            work_ms: number;
        };
        Comparison: {
            ancestor?: components["schemas"]["AncestorBody"] | null;
            /** @description From the left one's files to the right one's. */
            files: components["schemas"]["FileDiff"][];
            left: components["schemas"]["ComparedBody"];
            right: components["schemas"]["ComparedBody"];
        };
        Consumer: {
            /** Format: int64 */
            lag_events: number;
            /** Format: int64 */
            lag_seconds: number;
            /**
             * Format: int64
             * @description Workers that share it just now.
             */
            members: number;
            name: string;
            /**
             * Format: int64
             * @description Streams that are set aside, those included that go on already.
             */
            parked: number;
            /**
             * Format: int64
             * @description Everything up to here was handled, less what waits of streams that are set aside.
             */
            position: number;
            /**
             * Format: int32
             * @description The one of its partitions that has come no further.
             */
            slowest_partition: number;
            stopped?: components["schemas"]["StoppedPartition"] | null;
        };
        Consumers: {
            items: components["schemas"]["Consumer"][];
        };
        Credentials: {
            email: string;
            password: string;
        };
        /**
         * @description `allow_session` covers the same tool for the rest of the session; for shell the identical command.
         * @enum {string}
         */
        Decision: "allow_once" | "allow_session" | "deny";
        /** @description What a session uses that names no model. */
        DefaultModel: {
            /** @description The caller may choose another one: an administrator, where the server's own settings name none. */
            choosable: boolean;
            chosen?: components["schemas"]["ChosenModel"] | null;
            /** @description False: nobody set a model up, and `name` plays recorded answers. */
            configured: boolean;
            /** @description The server's own settings name it; they go before what was chosen. */
            fixed: boolean;
            name: string;
            /** @description Whether what it costs is counted, so that a limit in money can be set. */
            priced: boolean;
        };
        Diff: {
            items: components["schemas"]["FileDiff"][];
            /** @description Always null: a diff has one page. */
            next?: string | null;
            /**
             * Format: int64
             * @description Of the session's last event.
             */
            position: number;
        };
        Discard: {
            /** @description Also where what is in the copy cannot be captured first, and so is lost. */
            force?: boolean;
        };
        /**
         * @description What may happen without asking: `ask` for everything with effects, `allow` all, or `plan`: nothing with effects.
         * @enum {string}
         */
        EditMode: "ask" | "allow" | "plan";
        /** @description An event. What `data` holds is published per type and version at `/api/v1/event-types`. */
        Event: {
            actor: components["schemas"]["Actor"];
            /**
             * Format: uuid
             * @description `event_id` of the event that caused it.
             */
            causation_id?: string | null;
            /** @description Only in the audit. */
            client_address?: string | null;
            /** Format: uuid */
            command_id: string;
            /** Format: uuid */
            correlation_id: string;
            data: Record<string, never>;
            /** Format: uuid */
            event_id: string;
            /**
             * Format: int64
             * @description Place in the whole journal.
             */
            position: number;
            /** Format: uuid */
            project_id?: string | null;
            stream: string;
            /** Format: int64 */
            stream_version: number;
            /** Format: uuid */
            team_id?: string | null;
            /**
             * Format: int64
             * @description Place in the team's (or person's) own history: 1, 2, 3 …
             */
            tenant_position: number;
            /** @description RFC 3339, UTC, six digits. */
            time: string;
            type: string;
            /** Format: int32 */
            version: number;
        };
        EventThatCannotBeHandled: {
            /** @description Why it could not be handled. */
            error: string;
            type: string;
            /** Format: int32 */
            version: number;
            /**
             * Format: int64
             * @description Events of the stream behind it, those included that do not concern the consumer.
             */
            waiting: number;
        };
        EventType: {
            /** @description JSON Schema of the event's `data`. */
            schema: Record<string, never>;
            /** @description `<room>.<past_tense>` */
            type: string;
            /** Format: int32 */
            version: number;
        };
        /** @description A step whose files could not be captured. */
        FailedSnapshot: {
            /** @description Absent: a run began. */
            call_id?: string | null;
            /** @description Absent once the session is forgotten. */
            detail?: string | null;
            /**
             * Format: int64
             * @description Of the event whose files these would have been.
             */
            position: number;
            /** @description `store_full` (no room is left where files are kept), `files_failed` (the folder could not be read) or `store_failed` */
            reason: string;
        };
        /** @description One thing that is wrong with a request. */
        FieldError: {
            detail: string;
            /** @description Name of a header. */
            header?: string | null;
            /** @description Name of a query parameter. */
            parameter?: string | null;
            /** @description JSON pointer into the body. */
            pointer?: string | null;
        };
        /**
         * @description `keep` what is there, `take` what comes, or `marked`: both between markers (merges of texts only).
         * @enum {string}
         */
        FileChoice: "keep" | "take" | "marked";
        FileDiff: {
            /** @description SHA-256 after. */
            after?: string | null;
            /** @description SHA-256 before (of the session's first change, or in `from`); between snapshots null for files over 1 MiB. */
            before?: string | null;
            binary: boolean;
            /** @description `added`, `modified` or `deleted`; between snapshots also `renamed`, `mode` (only permission bits) and `type` */
            change: string;
            /** @description Unified diff, with names quoted as git does; null for binary files, for files over 1 MiB and for bytes that are no longer there. */
            diff?: string | null;
            /** @description The old path of a file that was renamed. */
            from_path?: string | null;
            kind_after?: string | null;
            /** @description `file`, `link` or `folder`; only of a `type`. */
            kind_before?: string | null;
            /** Format: int64 */
            lines_added: number;
            /** Format: int64 */
            lines_removed: number;
            mode_after?: string | null;
            /** @description Permission bits, octal; only between snapshots. */
            mode_before?: string | null;
            /**
             * @description Why `diff` is null: `binary`, `too_large` (over 1 MiB), `too_many` (beyond the thousandth file only paths are told), `not_kept` (the
             *     bytes are no longer there), `same` (the bytes are the same) or `folder`.
             */
            no_diff?: string | null;
            /** @description Told as in a tree. */
            path: string;
        };
        FileOriginBody: {
            event?: components["schemas"]["Event"] | null;
            /**
             * @description SHA-256 of what the event wrote; null when it deleted the file, or when no event is known. A file with another one was changed
             *     since by something that writes no events, such as a shell command.
             */
            hash?: string | null;
            path: string;
        };
        /** @description Why something is forgotten; readable for ever, so it should name nobody. */
        Forgetting: {
            /** @description 1 to 500 characters. */
            reason: string;
        };
        Fork: {
            /**
             * Format: int64
             * @description A position; the fork leaves at the session's last event at or before it. Absent: at its last.
             */
            at?: number | null;
            budget?: components["schemas"]["Budget"] | null;
            edit_mode?: components["schemas"]["EditMode"] | null;
            /** @description Said to the fork, which begins to work then; without it the fork rests until somebody speaks to it. */
            message?: string | null;
            /** @description Absent: the origin's; so for the next two. */
            model?: string | null;
            /** @description Go on at once without a message. */
            start?: boolean;
        };
        Forks: {
            /** @description Each after its origin. */
            items: components["schemas"]["Session"][];
            /** @description Always null: a tree has one page, of at most 1,000 sessions. */
            next?: string | null;
        };
        Invitation: {
            created_at: string;
            /** @description Whom it is for; null: whoever has its token. */
            email?: string | null;
            expires_at: string;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            invited_by: string;
            role: components["schemas"]["RoleName"];
        };
        /** @description Of what the caller is a member now. */
        JoinedTeam: {
            /**
             * Format: int64
             * @description Of the write.
             */
            position: number;
            role: components["schemas"]["RoleName"];
            /** Format: uuid */
            team_id: string;
        };
        /** @description Something that lay in the working copy and is in no snapshot; undo leaves it alone, and a fork does not have it. */
        LeftOutPath: {
            path: string;
            /**
             * @description `cache` (a folder of a name that caches have), `ignored` (a folder that `.gitignore` names), `too_large`, `special` (socket, pipe,
             *     device), `mount`, `unreadable`, `too_deep` or `unsteady` (it came and went while it was looked at)
             */
            why: string;
        };
        Link: {
            /** @description What stands behind the `#` of the link. */
            token: string;
        };
        Listing_Approval: {
            items: {
                /** @description As the model wrote them. */
                arguments: Record<string, never>;
                call_id: string;
                /** @description Denied as timed out after it. */
                expires_at: string;
                /** Format: uuid */
                id: string;
                /** Format: int64 */
                position: number;
                /** @description The exact command, or the diff. */
                preview: string;
                /** Format: uuid */
                project_id: string;
                requested_at: string;
                /** Format: uuid */
                session_id: string;
                /** Format: uuid */
                team_id: string;
                tool: string;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Event: {
            items: {
                actor: components["schemas"]["Actor"];
                /**
                 * Format: uuid
                 * @description `event_id` of the event that caused it.
                 */
                causation_id?: string | null;
                /** @description Only in the audit. */
                client_address?: string | null;
                /** Format: uuid */
                command_id: string;
                /** Format: uuid */
                correlation_id: string;
                data: Record<string, never>;
                /** Format: uuid */
                event_id: string;
                /**
                 * Format: int64
                 * @description Place in the whole journal.
                 */
                position: number;
                /** Format: uuid */
                project_id?: string | null;
                stream: string;
                /** Format: int64 */
                stream_version: number;
                /** Format: uuid */
                team_id?: string | null;
                /**
                 * Format: int64
                 * @description Place in the team's (or person's) own history: 1, 2, 3 …
                 */
                tenant_position: number;
                /** @description RFC 3339, UTC, six digits. */
                time: string;
                type: string;
                /** Format: int32 */
                version: number;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_EventType: {
            items: {
                /** @description JSON Schema of the event's `data`. */
                schema: Record<string, never>;
                /** @description `<room>.<past_tense>` */
                type: string;
                /** Format: int32 */
                version: number;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Invitation: {
            items: {
                created_at: string;
                /** @description Whom it is for; null: whoever has its token. */
                email?: string | null;
                expires_at: string;
                /** Format: uuid */
                id: string;
                /** Format: uuid */
                invited_by: string;
                role: components["schemas"]["RoleName"];
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Member: {
            items: {
                /** Format: uuid */
                account_id: string;
                email: string;
                name: string;
                role: components["schemas"]["RoleName"];
                /** @description When the account joined. */
                since: string;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_MyTeam: {
            items: {
                created_at: string;
                /** Format: uuid */
                id: string;
                name: string;
                /** Format: int64 */
                position: number;
                /** @description One's own. */
                role: components["schemas"]["RoleName"];
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Project: {
            items: {
                /** @description RFC 3339, UTC. */
                created_at: string;
                /** Format: uuid */
                created_by: string;
                /** Format: uuid */
                id: string;
                name: string;
                /**
                 * Format: int64
                 * @description Of the project's last event.
                 */
                position: number;
                /** @description Why it failed and what to do. */
                reason?: string | null;
                retention?: components["schemas"]["Retention"] | null;
                source: components["schemas"]["Source"];
                /** @description `preparing`, `ready` or `failed` */
                status: string;
                /** Format: uuid */
                team_id: string;
                updated_at: string;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Session: {
            items: {
                /**
                 * Format: uuid
                 * @description The open question, when it waits for one.
                 */
                approval_id?: string | null;
                budget: components["schemas"]["Budget"];
                cancel_requested: boolean;
                /** @description RFC 3339, UTC. */
                created_at: string;
                /** @description What was said about a failure, for people. */
                detail?: string | null;
                /** @description Of a fork: its working copy was thrown away. */
                discarded: boolean;
                edit_mode: components["schemas"]["EditMode"];
                /** Format: uuid */
                id: string;
                model: string;
                origin?: components["schemas"]["OriginOfSession"] | null;
                /**
                 * Format: int64
                 * @description Of the session's last event.
                 */
                position: number;
                /** Format: uuid */
                project_id: string;
                /** @description Why it failed or waits, or which limit it reached: a stable code. */
                reason?: string | null;
                /** Format: uuid */
                requested_by: string;
                /** @description `queued`, `running`, `waiting_approval`, `paused`, `completed`, `failed`, `cancelled` or `limit_reached` */
                status: string;
                task: string;
                /** Format: uuid */
                team_id: string;
                title: string;
                updated_at: string;
                usage: components["schemas"]["Usage"];
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Listing_Template: {
            items: {
                /** @description What `source` takes: `{"kind":"template","name":…}`. */
                name: string;
            }[];
            /** @description What `after` takes for the next page; null at the end. */
            next?: string | null;
        };
        Member: {
            /** Format: uuid */
            account_id: string;
            email: string;
            name: string;
            role: components["schemas"]["RoleName"];
            /** @description When the account joined. */
            since: string;
        };
        MemberChange: {
            role: components["schemas"]["RoleName"];
        };
        /** @description A member and its role, as a write answers it. */
        Membership: {
            /** Format: uuid */
            account_id: string;
            role: components["schemas"]["RoleName"];
        };
        Merge: {
            /** @description Per path, what is to become of a file that both changed. */
            decisions?: {
                [key: string]: components["schemas"]["FileChoice"];
            } | null;
            /**
             * Format: uuid
             * @description The session the fork left; absent: that one. Another, be it one that this left in turn, is refused: merge step by step.
             */
            into?: string | null;
            on_conflict?: components["schemas"]["FileChoice"] | null;
        };
        Merged: {
            /** Format: int64 */
            changed: number;
            /**
             * Format: int64
             * @description An undo of that session to this position takes the merge back: its files are as they were found, also what was overwritten.
             */
            found: number;
            /**
             * Format: uuid
             * @description The session in whose files it went.
             */
            into: string;
            /** @description Paths that could not be changed, and why. */
            refused: components["schemas"]["RefusedPath"][];
            /** @description Its files as they are now. */
            snapshot: string;
            spared: string[];
        };
        Message: {
            /** Format: uuid */
            id: string;
            /**
             * Format: int64
             * @description Position of the write in the journal.
             */
            position: number;
        };
        /**
         * @description Whose protocol the service speaks: `openai` is chat completions, as most services and local servers offer them.
         * @enum {string}
         */
        ModelProvider: "openai" | "anthropic";
        ModelQuestion: {
            choice?: components["schemas"]["ModelWish"] | null;
        };
        ModelTested: {
            /** @description What went wrong; null when nothing did. */
            code?: string | null;
            /** @description Its answer, or what went wrong in words. */
            detail: string;
            /**
             * Format: int64
             * @description How long it took, in milliseconds.
             */
            duration_ms: number;
            model: string;
            /** @description It answered. */
            ok: boolean;
        };
        /** @description A service and its model. */
        ModelWish: {
            /** @description Absent: the one that is kept, if it was given for the same provider and address. */
            api_key?: string | null;
            /** @description Up to and without `/chat/completions` or `/v1/messages`; absent: the provider's own. */
            base_url?: string | null;
            /** @description As the provider writes it. */
            name: string;
            provider: components["schemas"]["ModelProvider"];
        };
        /** @description A team in the list of one's own. */
        MyTeam: {
            created_at: string;
            /** Format: uuid */
            id: string;
            name: string;
            /** Format: int64 */
            position: number;
            /** @description One's own. */
            role: components["schemas"]["RoleName"];
        };
        NewInvitation: {
            /** @description Only the account of this address may accept; absent: whoever has the token. */
            email?: string | null;
            role: components["schemas"]["RoleName"];
        };
        /** @description An invitation with its token, which is told nowhere else. */
        NewInvitationBody: {
            /** @description RFC 3339, UTC. */
            expires_at: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: int64
             * @description Of the write.
             */
            position: number;
            role: components["schemas"]["RoleName"];
            token: string;
        };
        NewMember: {
            /**
             * Format: uuid
             * @description … or this.
             */
            account_id?: string | null;
            /** @description Either this … */
            email?: string | null;
            role: components["schemas"]["RoleName"];
        };
        NewMessage: {
            /** @description At most 100000 bytes. */
            text: string;
        };
        NewProject: {
            name: string;
            source?: components["schemas"]["Source"] | null;
            /** Format: uuid */
            team_id: string;
        };
        NewSession: {
            budget?: components["schemas"]["Budget"] | null;
            edit_mode?: components["schemas"]["EditMode"] | null;
            /** @description The server's own default when absent. */
            model?: string | null;
            /** @description What is to be done, at most 100000 bytes. */
            task: string;
        };
        NewTeam: {
            name: string;
        };
        OriginOfSession: {
            /**
             * Format: int64
             * @description Of that event; told by the tree of forks, else null.
             */
            position?: number | null;
            /** Format: uuid */
            session_id: string;
            /**
             * Format: int64
             * @description `stream_version` of that session's last event that the fork has.
             */
            version: number;
        };
        ParkedStream: {
            /** @description Not in the tables that are read, but in those that are being built. */
            beside: boolean;
            /** @description Why it could not be applied. */
            error: string;
            /**
             * Format: int64
             * @description Place in the journal of the event that could not be applied.
             */
            position: number;
            /** @description Name of the read model. */
            projection: string;
            stream: string;
            type: string;
            /** Format: int32 */
            version: number;
            /**
             * Format: int64
             * @description Events of the stream that wait behind it.
             */
            waiting: number;
        };
        ParkedStreams: {
            items: components["schemas"]["ParkedStream"][];
        };
        ParkedWork: {
            /** @description Cursor of the event that made the work. */
            id: string;
            /** @description Type of that event. */
            type: string;
        };
        ParkedWorkList: {
            /** @description The oldest first. */
            items: components["schemas"]["ParkedWork"][];
        };
        PasswordChange: {
            /** @description Not needed within 15 minutes after signing in by a link. */
            current_password?: string | null;
            /** @description At least 8 characters, at most 72 bytes. */
            new_password: string;
        };
        /** @description `{position}` alone: the answer to DELETE. */
        PositionBody: {
            /**
             * Format: int64
             * @description Position of the write in the journal.
             */
            position: number;
        };
        /** @description The body of an error answer. */
        Problem: {
            /** @description Stable; the thing to switch on. */
            code: string;
            /** @description What went wrong and what to do. */
            detail: string;
            errors: components["schemas"]["FieldError"][];
            /** Format: int32 */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description `urn:opensail:problem:<code>` */
            type: string;
        };
        Project: {
            /** @description RFC 3339, UTC. */
            created_at: string;
            /** Format: uuid */
            created_by: string;
            /** Format: uuid */
            id: string;
            name: string;
            /**
             * Format: int64
             * @description Of the project's last event.
             */
            position: number;
            /** @description Why it failed and what to do. */
            reason?: string | null;
            retention?: components["schemas"]["Retention"] | null;
            source: components["schemas"]["Source"];
            /** @description `preparing`, `ready` or `failed` */
            status: string;
            /** Format: uuid */
            team_id: string;
            updated_at: string;
        };
        ProjectChange: {
            name: string;
        };
        Projection: {
            /**
             * Format: int64
             * @description Where the tables stand that were read before the last switch, and to which one can go back.
             */
            kept?: number | null;
            /** Format: int64 */
            lag_events: number;
            /** Format: int64 */
            lag_seconds: number;
            name: string;
            /**
             * Format: int64
             * @description Streams that were set aside because an event of theirs could not be applied.
             */
            parked: number;
            /**
             * Format: int64
             * @description Up to where it has seen the journal.
             */
            position: number;
            rebuilding?: components["schemas"]["Rebuilding"] | null;
            /** @description False while its first tables, or those of this version, are being built: questions to it get 503 `rebuilding`. */
            served: boolean;
            /**
             * Format: int64
             * @description For how long it has not moved, though there was something to see.
             */
            still_seconds: number;
            /** @description Why it does not go on. */
            stopped?: string | null;
            /**
             * Format: int64
             * @description Of its tables, as this program makes them.
             */
            version: number;
        };
        Projections: {
            items: components["schemas"]["Projection"][];
        };
        Proof: {
            /** @description The signed checkpoint of `size`, if one of exactly this size was made. */
            checkpoint?: string | null;
            /** @description The event, with `proof`: what its leaf is made of. */
            event?: Record<string, never> | null;
            /** Format: int64 */
            from?: number | null;
            keys: string[];
            /** @description Hash of the event's leaf, base64. */
            leaf?: string | null;
            /** @description Hashes of the proof in the order of RFC 6962, base64. */
            path: string[];
            /** Format: int64 */
            position?: number | null;
            /** Format: int64 */
            size: number;
        };
        Ready: {
            back_ends: components["schemas"]["BackEnd"][];
            /** @description `ready`, `degraded` (ready, but something is slower, or stands still on every node) or `not_ready` */
            status: string;
        };
        Rebuilding: {
            /**
             * Format: int64
             * @description Events applied.
             */
            done: number;
            stopped?: string | null;
            /** Format: int64 */
            to_do: number;
        };
        /** @description A path that the file system did not let us change; all others were. */
        RefusedPath: {
            path: string;
            /**
             * @description `not_permitted` (owner, mode or a flag on it), `read_only`, `busy` (something is mounted there, or it is a program that runs),
             *     `name_too_long`, `not_a_folder` or `link` (stands in the way)
             */
            reason: string;
        };
        Registration: {
            email: string;
            /** @description The token of an invitation: needed where registration is by invitation; its team is joined at once. */
            invitation?: string | null;
            name: string;
            /** @description At least 8 characters, at most 72 bytes. */
            password: string;
        };
        Replay: {
            /** @description The conversation as the model sees it: `{role: user|assistant|tool, …}`. */
            messages: Record<string, never>[];
            /** @description Calls of the last answer without a result yet. */
            pending: Record<string, never>[];
            /**
             * Format: int64
             * @description Of the last event in it.
             */
            position: number;
            session: components["schemas"]["Session"];
            usage: components["schemas"]["Usage"];
        };
        /** @description How long snapshots are kept. */
        Retention: {
            /**
             * Format: int32
             * @description All of the last days, at most 36500.
             */
            days: number;
            /**
             * Format: int32
             * @description Of older ones every n-th, 1 to 10000.
             */
            every: number;
        };
        RetentionChange: {
            retention?: components["schemas"]["Retention"] | null;
        };
        /** @description To be tried again. */
        RetryOrder: {
            /**
             * Format: int64
             * @description Of the event that the stream is parked at.
             */
            position: number;
            /** @description 1 to 500 characters; readable for ever, so it should name nobody. */
            reason?: string | null;
        };
        /**
         * @description What a member may do; each role may all that the ones before it may.
         * @enum {string}
         */
        RoleName: "viewer" | "editor" | "admin";
        Session: {
            /**
             * Format: uuid
             * @description The open question, when it waits for one.
             */
            approval_id?: string | null;
            budget: components["schemas"]["Budget"];
            cancel_requested: boolean;
            /** @description RFC 3339, UTC. */
            created_at: string;
            /** @description What was said about a failure, for people. */
            detail?: string | null;
            /** @description Of a fork: its working copy was thrown away. */
            discarded: boolean;
            edit_mode: components["schemas"]["EditMode"];
            /** Format: uuid */
            id: string;
            model: string;
            origin?: components["schemas"]["OriginOfSession"] | null;
            /**
             * Format: int64
             * @description Of the session's last event.
             */
            position: number;
            /** Format: uuid */
            project_id: string;
            /** @description Why it failed or waits, or which limit it reached: a stable code. */
            reason?: string | null;
            /** Format: uuid */
            requested_by: string;
            /** @description `queued`, `running`, `waiting_approval`, `paused`, `completed`, `failed`, `cancelled` or `limit_reached` */
            status: string;
            task: string;
            /** Format: uuid */
            team_id: string;
            title: string;
            updated_at: string;
            usage: components["schemas"]["Usage"];
        };
        SessionTree: {
            items: components["schemas"]["SessionTreeItem"][];
            /** @description What these files leave out: the first hundred paths. */
            left_out: components["schemas"]["LeftOutPath"][];
            /**
             * Format: int64
             * @description How many there are.
             */
            left_out_count: number;
            /** @description Always null: a tree has one page. */
            next?: string | null;
            /**
             * Format: int64
             * @description Of the event whose files these are; null when a snapshot was asked for by its name.
             */
            position?: number | null;
            snapshot: string;
            /** @description There was more than is told. */
            truncated: boolean;
        };
        SessionTreeItem: {
            /** @description `file`, `folder` or `link` */
            kind: string;
            link_target?: string | null;
            /** @description Permission bits, octal; null for links. */
            mode?: string | null;
            /** @description RFC 3339, UTC; null for folders and links, whose times snapshots do not keep. */
            mtime?: string | null;
            /**
             * @description Bytes of a name that are no UTF-8 stand in it as `\xff`, and backslashes that would be taken for such a byte are doubled; so it is
             *     asked for too.
             */
            path: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description To be left out. */
        SkipOrder: {
            /**
             * Format: int64
             * @description Of the event that the stream is parked at.
             */
            position: number;
            /** @description 1 to 500 characters; readable for ever, so it should name nobody. */
            reason: string;
        };
        /** @description The files from one event of a session on. */
        Snapshot: {
            /**
             * Format: int64
             * @description Bytes of the files.
             */
            bytes?: number | null;
            call_id?: string | null;
            /** @description `fork` (the origin's files), `run` (a run began), `call`, `undo`, `merge` (of a fork into these) or `found` (as they were when an undo or a merge began; of a fork that was merged, its own), `discard` (as they were thrown away) */
            cause: string;
            /**
             * Format: int64
             * @description Paths that differ from the snapshot before.
             */
            changed?: number | null;
            /** Format: int64 */
            files?: number | null;
            /** @description False: released by the project's retention. */
            kept: boolean;
            /** @description Made up after a stop, so that it may hold changes of others. */
            late: boolean;
            /**
             * Format: int64
             * @description Paths that were not kept: caches, sockets, what is too large.
             */
            left_out?: number | null;
            /** @description It is kept for ever. */
            name?: string | null;
            /** @description The first hundred of them. */
            paths: string[];
            /**
             * Format: int64
             * @description Of the event whose files these are; what `undo`, `fork`, `tree` and `diff` take.
             */
            position: number;
            snapshot: string;
        };
        SnapshotName: {
            /** @description At most 200 bytes; null takes the name away. */
            name?: string | null;
        };
        Snapshots: {
            /** @description The last event's files are still being captured. */
            awaited: boolean;
            /** @description The last of them are the session's files as they are after its last event: nothing is awaited, and no later capture failed. */
            complete: boolean;
            /** @description Steps whose files could not be captured, and were not since; nothing tells what their files were. */
            failed: components["schemas"]["FailedSnapshot"][];
            items: components["schemas"]["Snapshot"][];
            /** @description Always null: they are told at once. */
            next?: string | null;
        };
        /** @description Where a project's files come from. Which fields go with which kind: `folder` path; `git` url and ref; `template` name; `empty` none. */
        Source: {
            kind: components["schemas"]["SourceKind"];
            name?: string | null;
            path?: string | null;
            ref?: string | null;
            url?: string | null;
        };
        /** @enum {string} */
        SourceKind: "empty" | "folder" | "git" | "template";
        /** @enum {string} */
        StatusOfParkedStream: "parked" | "retry_ordered" | "skip_ordered" | "going_on";
        /** @description One answer of the model and what came of it. */
        StepBody: {
            calls: components["schemas"]["StepCallBody"][];
            /** Format: int64 */
            position: number;
            /**
             * Format: uuid
             * @description Whose step it is: the session's own, or of one between it and the ancestor.
             */
            session_id: string;
            /** @description Its first 500 characters. */
            text: string;
            /** Format: int64 */
            turn: number;
        };
        StepCallBody: {
            call_id: string;
            /**
             * Format: int64
             * @description Paths that differ after it; null where no files belong to it.
             */
            changed?: number | null;
            /** @description `ok`, `failed`, `invalid`, `denied`, `timed_out`, `cancelled` or `interrupted`; null while it is under way. */
            outcome?: string | null;
            tool: string;
        };
        StoppedPartition: {
            /** Format: int32 */
            partition: number;
            why: string;
        };
        StreamParkedByConsumer: (components["schemas"]["EventThatCannotBeHandled"] | null) & {
            /** @description Name of the consumer. */
            consumer: string;
            /** Format: int32 */
            partition: number;
            /**
             * Format: int64
             * @description Place in the journal of the event that could not be handled; of a stream that goes on, of what is handled next.
             */
            position: number;
            status: components["schemas"]["StatusOfParkedStream"];
            stream: string;
        };
        StreamsParkedByConsumers: {
            items: components["schemas"]["StreamParkedByConsumer"][];
        };
        Sweep: {
            /** @description Only say what would go; true when absent. */
            dry_run?: boolean;
        };
        Swept: {
            /** @description Working copies of forks that were forgotten or thrown away, or whose project was deleted; removed, or to be removed. */
            copies: components["schemas"]["TotalBody"];
            dry_run: boolean;
            /** @description Named by nothing, in packs that are mostly live; they go later. */
            later: components["schemas"]["TotalBody"];
            /** @description Reached from what events name. */
            live: components["schemas"]["TotalBody"];
            /**
             * Format: int64
             * @description What events name and the store does not have.
             */
            missing: number;
            /** @description Live and written into new packs. */
            moved: components["schemas"]["TotalBody"];
            /**
             * Format: int64
             * @description Snapshots of steps that retention lets go.
             */
            released: number;
            /** @description Removed, or to be removed. */
            removed: components["schemas"]["TotalBody"];
            /** @description In packs that cannot be read in whole, which therefore stay. */
            unreadable: components["schemas"]["TotalBody"];
            /** @description Named by nothing, but less than a day old. */
            young: components["schemas"]["TotalBody"];
        };
        Team: {
            /** @description RFC 3339, UTC. */
            created_at: string;
            /** Format: uuid */
            created_by: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: int64
             * @description How many.
             */
            members: number;
            name: string;
            /**
             * Format: int64
             * @description Of the team's last event.
             */
            position: number;
        };
        TeamChange: {
            name: string;
        };
        Template: {
            /** @description What `source` takes: `{"kind":"template","name":…}`. */
            name: string;
        };
        Tokens: {
            /** @description For `Authorization: Bearer`. */
            access_token: string;
            /** @description For `X-CSRF-Token`, when the cookies are used. */
            csrf_token: string;
            /**
             * Format: int64
             * @description Seconds.
             */
            expires_in: number;
        };
        TotalBody: {
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            objects: number;
        };
        TreeBody: {
            items: components["schemas"]["TreeItem"][];
            /** @description Always null: a tree has one page. */
            next?: string | null;
            /** @description There was more than is told. */
            truncated: boolean;
        };
        TreeItem: {
            /** @description `file`, `folder`, `link` or `other` */
            kind: string;
            /** @description Where a link points; it is never followed out of the project. */
            link_target?: string | null;
            /** @description RFC 3339, UTC. */
            mtime: string;
            path: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        Undo: {
            /** @description Per path, what is to become of a file that somebody changed since. */
            decisions?: {
                [key: string]: components["schemas"]["FileChoice"];
            } | null;
            on_conflict?: components["schemas"]["FileChoice"] | null;
            /**
             * Format: int64
             * @description A position; the session goes back to its last event at or before it.
             */
            to: number;
        };
        /** @description What was done. */
        Undone: {
            /**
             * Format: int64
             * @description Paths that were changed.
             */
            changed: number;
            /**
             * Format: int64
             * @description Going back to this position brings back files and conversation as they were found, also what was overwritten.
             */
            found: number;
            /** @description Those that could not be changed, and why. */
            refused: components["schemas"]["RefusedPath"][];
            /** @description The files as they are now. */
            snapshot: string;
            /** @description Paths that were left as they are, because somebody changed them meanwhile, snapshots leave them out, or they could not be changed. */
            spared: string[];
            /**
             * Format: int64
             * @description Of the event that the session went back to.
             */
            to: number;
        };
        Usage: {
            /** Format: int64 */
            input_tokens: number;
            /**
             * Format: int64
             * @description Millionths of a US dollar.
             */
            micro_usd: number;
            /** Format: int64 */
            output_tokens: number;
            /** Format: int64 */
            steps: number;
        };
        /** @description A file as it stands after a write. */
        WrittenFile: {
            /** @description SHA-256 of the bytes; also the ETag. */
            hash: string;
            path: string;
            /**
             * Format: int64
             * @description Position of the write in the journal.
             */
            position: number;
            /** Format: int64 */
            size: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    forget_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Forgetting"];
            };
        };
        responses: {
            /** @description Forgotten */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_my_approvals: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Approval"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_checkpoint: {
        parameters: {
            query?: {
                /** @description The checkpoint of a tree of exactly this size; the newest when absent. */
                size?: number;
                /** @description Cursor or position that the newest checkpoint must cover. */
                min_position?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The checkpoint */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkpoint"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query_audit: {
        parameters: {
            query?: {
                /** @description Only this team's; absent: all teams one is admin of, and one's own account's. */
                team_id?: string;
                project_id?: string;
                /** @description Id of an account, an agent's session, a key, or the name of a part of the platform. */
                actor?: string;
                /** @description Exact event type. */
                type?: string;
                /** @description Exact stream, `<type>-<id>`. */
                stream?: string;
                correlation?: string;
                /** @description Time, not before. */
                from?: string;
                /** @description Time, before. */
                to?: string;
                /** @description Cursor or position, exclusive. */
                after?: string;
                /** @description Events of a page, 1 to 200; 50 when absent. */
                limit?: number;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past: what happened later is left out. */
                as_of?: string;
                /** @description Only of the export: `jsonl` (default) can be verified, `csv` is for spreadsheets. */
                format?: "jsonl" | "csv";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Event"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_audit: {
        parameters: {
            query?: {
                /** @description Only this team's; absent: all teams one is admin of, and one's own account's. */
                team_id?: string;
                project_id?: string;
                /** @description Id of an account, an agent's session, a key, or the name of a part of the platform. */
                actor?: string;
                /** @description Exact event type. */
                type?: string;
                /** @description Exact stream, `<type>-<id>`. */
                stream?: string;
                correlation?: string;
                /** @description Time, not before. */
                from?: string;
                /** @description Time, before. */
                to?: string;
                /** @description Cursor or position, exclusive. */
                after?: string;
                /** @description Events of a page, 1 to 200; 50 when absent. */
                limit?: number;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past: what happened later is left out. */
                as_of?: string;
                /** @description Only of the export: `jsonl` (default) can be verified, `csv` is for spreadsheets. */
                format?: "jsonl" | "csv";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_proof: {
        parameters: {
            query?: {
                /** @description Prove that the event at this position is in the tree. */
                position?: number;
                /** @description Prove that the tree of this size is the beginning of the one of `size`. Give this or `position`. */
                from?: number;
                /** @description Size of the tree; the newest checkpoint's when absent. */
                size?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proof"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_by_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Link"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out_everywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out everywhere */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Changed */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed in further */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    register_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Registered and signed in */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_consumers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each consumer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consumers"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_streams_parked_by_consumers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each parked stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamsParkedByConsumers"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_stream_of_consumer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the consumer */
                name: string;
                stream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetryOrder"];
            };
        };
        responses: {
            /** @description Ordered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skip_event_of_consumer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the consumer */
                name: string;
                stream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkipOrder"];
            };
        };
        responses: {
            /** @description Ordered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_event_types: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_EventType"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accept_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acceptance"];
            };
        };
        responses: {
            /** @description Joined */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinedTeam"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_many: {
        parameters: {
            query?: {
                /** @description Ids of sessions, separated by commas. */
                sessions?: string;
                /** @description Ids of teams, separated by commas: everything of theirs. */
                teams?: string;
                /** @description Cursor or position to go on after; absent: from now on. */
                after?: string;
            };
            header?: {
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The same events over a WebSocket */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_model: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefaultModel"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choose_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ModelWish"];
            };
        };
        responses: {
            /** @description Chosen */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefaultModel"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clear_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_model: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ModelQuestion"];
            };
        };
        responses: {
            /** @description How it went */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelTested"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_projections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each read model */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Projections"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_parked_streams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each parked stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedStreams"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drop_old_projection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the read model */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_parked_stream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the read model */
                name: string;
                stream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetryOrder"];
            };
        };
        responses: {
            /** @description Ordered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skip_parked_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the read model */
                name: string;
                stream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkipOrder"];
            };
        };
        responses: {
            /** @description Ordered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rebuild_projection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the read model */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is being built */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    roll_back_projection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the read model */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The earlier tables are catching up */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_projects: {
        parameters: {
            query?: {
                /** @description Only this team's; absent: all teams one is in. */
                team_id?: string;
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Project"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rename_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChange"];
            };
        };
        responses: {
            /** @description Renamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_file_origin: {
        parameters: {
            query?: {
                /** @description Path of the file in the project. */
                path?: string;
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileOriginBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_file: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description If-None-Match names it */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    write_file: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
                "If-None-Match"?: string | null;
            };
            path: {
                id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Written */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WrittenFile"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_file: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_retention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetentionChange"];
            };
        };
        responses: {
            /** @description Set */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSession"];
            };
        };
        responses: {
            /** @description Queued */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_tree: {
        parameters: {
            query?: {
                /** @description Folder to begin at; absent: the project itself. */
                path?: string;
                /** @description Levels to go down, 1 to 64; 1 when absent. */
                depth?: number;
                /** @description Files are always read as they are now; taken for symmetry. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past: the files as the snapshot that was in force then has them, 422 where there is none. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tree */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TreeBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_approvals_of_session: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Approval"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_approval: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                approval_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerBody"];
            };
        };
        responses: {
            /** @description It was answered like this before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Answered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_blame: {
        parameters: {
            query?: {
                /** @description Of the file, beneath the working copy; needed. */
                path?: string;
                /** @description A cursor or position of the session; its last files when absent. */
                at?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Blame"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Asked for */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compare_sessions: {
        parameters: {
            query?: {
                /** @description Another session of the same project. */
                with?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Both */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_diff: {
        parameters: {
            query?: {
                /**
                 * @description A cursor or position of the session, a snapshot, or a session of the same project (its last files). Absent while `to` is given: the session's
                 *     first files.
                 */
                from?: string;
                /** @description The same; absent while `from` is given: the session's last files. */
                to?: string;
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discard_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Discard"] | null;
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Event"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_session: {
        parameters: {
            query?: {
                /** @description `jsonl` (default) holds everything; `atif` is an ATIF-v1.4 trajectory. */
                format?: "jsonl" | "atif";
                /** @description Cursor or position that the views must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                    "application/x-ndjson": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_session_file: {
        parameters: {
            query?: {
                /** @description A cursor or position of the session, a snapshot, or a session of the same project (its last files); the session's last files when absent. */
                at?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forget_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Forgetting"];
            };
        };
        responses: {
            /** @description Forgotten */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fork_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fork"];
            };
        };
        responses: {
            /** @description The fork */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_forks: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tree */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Forks"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    merge_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Merge"];
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Merged"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description Taken */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_output: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replay_session: {
        parameters: {
            query?: {
                /** @description Cursor, position or time; absent: to the end. */
                until?: string;
                /** @description Cursor or position that the views must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it stood */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_snapshots: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The snapshots */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshots"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    name_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                at: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SnapshotName"];
            };
        };
        responses: {
            /** @description Named */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_session: {
        parameters: {
            query?: {
                /** @description Cursor or position to go on after; absent: from the session's beginning. `Last-Event-ID` comes before it. */
                after?: string;
            };
            header?: {
                "Last-Event-ID"?: string | null;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The session is finished and nothing comes after the cursor */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session_tree: {
        parameters: {
            query?: {
                /** @description A cursor or position of the session, a snapshot, or a session of the same project (its last files); the session's last files when absent. */
                at?: string;
                /** @description Folder to begin at; absent: the working copy itself. */
                path?: string;
                /** @description Levels to go down, 1 to 64; 1 when absent. */
                depth?: number;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tree */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTree"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undo_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Undo"];
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Undone"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sweep_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Sweep"];
            };
        };
        responses: {
            /** @description What went, or would go */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Swept"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_teams: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_MyTeam"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_team: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTeam"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_team: {
        parameters: {
            query?: {
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The team */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_team: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rename_team: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TeamChange"];
            };
        };
        responses: {
            /** @description Renamed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_invitations: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Invitation"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            /** @description Invited */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewInvitationBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It cannot be accepted any more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_members: {
        parameters: {
            query?: {
                /** @description Entries of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description `next` of the page before. */
                after?: string;
                order?: "asc" | "desc";
                /** @description Cursor or position that the view must have reached. */
                min_position?: string;
                /** @description Cursor, position or time to look at the past. */
                as_of?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Member"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Membership"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_member_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                account_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Membership"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_templates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing_Template"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_parked_work: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each piece */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedWorkList"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_parked_work: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Cursor of the event that made the work */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is in the queue again */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PositionBody"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every back end answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description One does not */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
