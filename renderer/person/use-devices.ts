import { useEffect, useState } from 'react';
import type { Device } from './devices.ts';

/** The microphones and speakers there are, kept up to date. */
export function useDevices(): readonly Device[] {
  const [devices, setDevices] = useState<readonly Device[]>([]);
  useEffect(() => {
    let shown = true;
    const look = (): void => {
      void navigator.mediaDevices.enumerateDevices().then((list) => shown && setDevices(list));
    };
    look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => {
      shown = false;
      navigator.mediaDevices.removeEventListener('devicechange', look);
    };
  }, []);
  return devices;
}
