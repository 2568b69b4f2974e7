/** A message about a bot's files, with them named from the bot's folder on: the whole path is long, and known. */
export function withoutFolder(message: string, dir: string): string {
  return message.replaceAll(`${dir}/`, '').replaceAll(`${dir}\\`, '');
}
