import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

const readonly = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default ts.config(
  { ignores: ['dist', 'src/kernel/api/schema.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  { ...a11y.flatConfigs.recommended, files: ['**/*.tsx'] },
  { plugins: { 'react-hooks': hooks }, rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' } },
  // What scrolls must be reachable by keyboard (WCAG 2.1.1), which this rule does not know.
  { rules: { 'jsx-a11y/no-noninteractive-tabindex': 'off' } },
  { files: ['scripts/**'], languageOptions: { globals: readonly('process', 'console', 'URL') } },
  // Run by Node.js; what is handed to a page's `evaluate` runs there.
  { files: ['browser/**'], languageOptions: { globals: readonly('process', 'setTimeout', 'fetch', 'URL', 'Buffer', 'document', 'performance', 'PerformanceObserver', 'requestAnimationFrame') } },
  { rules: { 'max-lines': ['error', 300], 'no-control-regex': 'off', '@typescript-eslint/no-invalid-void-type': 'off', 'no-restricted-syntax': ['error', { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'No raw HTML.' }] } },
  { files: ['src/kernel/text/texts.ts'], rules: { 'max-lines': 'off' } },
);
