/** Elements; whatever comes from a person or a model is inserted as text. */

/** An element with attributes and listeners (`onclick`), and what stands in it: elements, or text. */
export function el(name, attributes = {}, ...children) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) found.addEventListener(key.slice(2), value);
    else if (value === true) found.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) found.setAttribute(key, value);
  }
  found.append(...children.filter((child) => child !== null));
  return found;
}

export const byId = (id) => document.getElementById(id);

/** Set a custom property or a length of an element: style attributes are not allowed by the page's policy. */
export function styled(element, property, value) {
  element.style.setProperty(property, value);
  return element;
}
