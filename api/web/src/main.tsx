import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import './kernel/styles/tokens.css';
import './kernel/styles/base.css';
import './kernel/styles/controls.css';
import { startTheme } from './kernel/theme';
import { router } from './router';

startTheme();
const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><RouterProvider router={router} /></StrictMode>);
