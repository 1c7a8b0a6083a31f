import { texts } from '../kernel/text/texts';
import { Composer } from './Composer';
import { EntryList } from './EntryList';
import { useInSession } from './SessionPage';

export function ConversationView() {
  const { session, conversation, complete, mayWork } = useInSession();
  if (!complete && conversation.entries.length === 0) return <p className="soft page" role="status">{texts.loading}</p>;
  return (
    <div className="talk">
      <EntryList session={session.id} conversation={conversation} answering={mayWork ? 'here' : 'others'} follow />
      {mayWork && <Composer session={session.id} status={conversation.status} />}
    </div>
  );
}
