/** Whether the page's ground is dark or light: as the system has it, until somebody says otherwise. */
import { useEffect, useState } from 'react';

export type Ground = 'dark' | 'light';

const KEY = 'r14-ground';

/** Storage may be refused: then it is only forgotten. */
function refused(error: unknown): void {
  if (!(error instanceof DOMException)) throw error;
}

function kept(): Ground | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'dark' || value === 'light' ? value : undefined;
  } catch (error) {
    refused(error);
    return undefined;
  }
}

export function useGround(): readonly [Ground, (ground: Ground) => void] {
  const [ground, setGround] = useState<Ground>(() => kept() ?? (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'));
  useEffect(() => {
    document.documentElement.dataset.theme = ground;
  }, [ground]);
  const choose = (chosen: Ground): void => {
    setGround(chosen);
    try {
      localStorage.setItem(KEY, chosen);
    } catch (error) {
      refused(error);
    }
  };
  return [ground, choose];
}
