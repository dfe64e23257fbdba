import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Time and chance come in through ports; these are the ways around them. */
const CLOCK_AND_CHANCE = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Ask the Clock port.',
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Ask the Clock port.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Ask the Random port.',
  },
  { selector: "CallExpression[callee.name='randomUUID']", message: 'Ask the Ids port.' },
];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'coverage/**',
      '.linekeeper/**',
      'libs/infrastructure/src/prisma/generated/**',
      'apps/dashboard/public/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-restricted-syntax': ['error', ...CLOCK_AND_CHANCE],
      // Numbers in texts are numbers in texts.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Modules of Nest are classes that hold nothing but their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Members that a rest pattern leaves out, and arguments that a port prescribes.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // Options of Nest are classes that everybody gives as plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A port's stub for "nothing to do" is an empty method with a comment.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
    },
  },
  {
    // Injected classes are tokens at run time although only their types are named.
    files: ['apps/{api,worker,standalone}/**/*.ts', 'libs/{application,infrastructure}/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    // Where real time and chance live, and a witness with a clock and dice of its own.
    files: ['libs/infrastructure/src/{system,postgres}/**/*.ts', 'apps/simulator/src/main.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*spec.ts', 'test/**/*.ts'],
    rules: {
      'no-restricted-syntax': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
);
