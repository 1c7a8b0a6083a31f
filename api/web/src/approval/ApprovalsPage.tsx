import { Link } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { mayWork, useTeams } from '../team/teams';
import { ApprovalCard } from './ApprovalCard';
import { useApprovals } from './approvals';

export function ApprovalsPage() {
  useTitle(texts.approval.page);
  const approvals = useApprovals();
  const { all } = useTeams();
  return (
    <div className="page">
      <h1>{texts.approval.page}</h1>
      <Shown resource={approvals}>
        {(open) =>
          open.length === 0 ? (
            <Empty title={texts.approval.none} text={texts.approval.noneText} />
          ) : (
            <ul className="stack">
              {open.map((approval) => (
                <li key={approval.id} className="stack-tight">
                  <ApprovalCard
                    question={{ id: approval.id, session: approval.session_id, tool: approval.tool, preview: approval.preview, expires: approval.expires_at }}
                    answering={mayWork(all.find((team) => team.id === approval.team_id)) ? 'here' : 'others'}
                  />
                  <Link to={`/sessions/${approval.session_id}`}>{texts.approval.open}</Link>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </div>
  );
}
