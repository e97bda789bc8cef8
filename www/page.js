// What several parts of the page need.

/** Offers a file for download. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Words for people: "look-around" becomes "Look around". */
export const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");

/** The portrait has drawn something: it takes the place of the photo and of what is said while it loads. */
export function reveal() {
  document.body.classList.add("playing");
  document.getElementById("loading").hidden = true;
}
