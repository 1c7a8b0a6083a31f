/** Paths, and of each why it is in the list. */
export function PathReasons({ label, paths }: { label: string; paths: readonly { path: string; why: string }[] }) {
  return (
    <ul className="path-reasons small" aria-label={label}>
      {paths.map(({ path, why }) => (
        <li key={path}><span className="mono">{path}</span> <span className="soft">{why}</span></li>
      ))}
    </ul>
  );
}
