import { Store } from './store';

export const contracts = [Store];
