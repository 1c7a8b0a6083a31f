import { useNavigate } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Icon } from '../kernel/ui/Icon';
import { Menu, MenuItem, MenuLine, MenuRadio } from '../kernel/ui/Menu';
import { useTeams } from './teams';

export function TeamSwitcher({ onCreate }: { onCreate: () => void }) {
  const { all, current, choose } = useTeams();
  const navigate = useNavigate();
  const change = (id: string) => {
    choose(id);
    void navigate('/projects');
  };
  return (
    <Menu
      trigger={
        <Button look="quiet" aria-label={`${texts.team.switch}: ${current?.name ?? ''}`} className="team-switch">
          <span className="cut">{current?.name ?? texts.team.none}</span>
          <Icon name="chevron" />
        </Button>
      }
    >
      <MenuRadio label={texts.team.switch} value={current?.id ?? ''} options={all.map((team) => [team.id, team.name] as const)} onChange={change} />
      <MenuLine />
      <MenuItem onSelect={onCreate}>{texts.team.create}</MenuItem>
    </Menu>
  );
}
