import { useState } from 'react';
import { useNavigate } from 'react-router';
import { send } from '../kernel/api/client';
import { tell } from '../kernel/api/refresh';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { setTheme, useTheme } from '../kernel/theme';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { Icon } from '../kernel/ui/Icon';
import { Menu, MenuItem, MenuLabel, MenuLine, MenuRadio } from '../kernel/ui/Menu';
import { useMe } from './me';

const THEMES = [
  ['system', texts.theme.system],
  ['light', texts.theme.light],
  ['dark', texts.theme.dark],
] as const;

export function AccountMenu({ onPassword }: { onPassword: () => void }) {
  const me = useMe();
  const navigate = useNavigate();
  const theme = useTheme();
  const [asking, setAsking] = useState(false);
  const leave = useAction((everywhere: boolean) =>
    send(everywhere ? '/api/v1/auth/logout-all' : '/api/v1/auth/logout', { method: 'POST' }).then(() => tell('signed-out')),
  );
  return (
    <>
      <Menu trigger={<Button look="quiet" className="button-icon" aria-label={texts.account.menu}><Icon name="person" /></Button>}>
        <MenuLabel>
          {texts.account.signedInAs} <strong>{me.name}</strong>
          <br />
          {me.email}
        </MenuLabel>
        <MenuLine />
        <MenuLabel>{texts.theme.label}</MenuLabel>
        <MenuRadio label={texts.theme.label} value={theme} options={THEMES} onChange={setTheme} />
        <MenuLine />
        <MenuItem onSelect={onPassword}>{texts.account.setPassword}</MenuItem>
        <MenuItem onSelect={() => void navigate('/model')}>{texts.account.model}</MenuItem>
        {me.platform_admin && <MenuItem onSelect={() => void navigate('/storage')}>{texts.account.storage}</MenuItem>}
        <MenuItem onSelect={() => window.open('/api/docs', '_blank', 'noopener')}>{texts.account.docs}</MenuItem>
        <MenuItem onSelect={() => void leave.run(false)}>{texts.account.signOut}</MenuItem>
        <MenuItem onSelect={() => setAsking(true)}>{texts.account.signOutAll}</MenuItem>
      </Menu>
      <FormDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={texts.account.signOutAllTitle}
        text={texts.account.signOutAllText}
        action={texts.account.signOutAllTitle.replace('?', '')}
        danger
        busy={leave.busy}
        problem={leave.problem}
        onSubmit={() => void leave.run(true)}
      />
    </>
  );
}
