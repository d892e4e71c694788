/*! Plans 1.0 | (c) Ada Author | don't ` copy */
// it's a comment with \x41 in it, and a ` too
(function (window, undefined) {
  var hexadecimal = "\x50\x72\x6f\x6a\x65\x63\x74\x20\x54\x65\x72\x6e\x2c\x20\x74\x68\x65\x20\x6c\x61\x75\x6e\x63\x68\x20\x76\x61\x6c\x75\x61\x74\x69\x6f\x6e\x20\x69\x73\x20\x63\x6f\x6e\x66\x69\x64\x65\x6e\x74\x69\x61\x6c\x2e";
  let mixed = '\u0050\u0072\u006f\u006a\u0065\u0063\u0074 \x54ern, the la\165nch valuation is \u0063\u006f\u006e\u0066\u0069\u0064\u0065\u006e\u0074\u0069\u0061\u006c.';
  const template = `The ${window.name + "is \"quoted\"" + `and ${ { deep: 1 }.deep } \u{1F600} nested`} \u{47}r\u{00f6}\u00DFe: 12 \u20AC`;
  var lines = "Project Tern, the la\
unch valuation is confidential.", two = 'first line\nsecond\tline', none = 'no escape, Project Tern, the launch valuation is confidential.';
  var ratio = window.width / window.height / 2, quote = /['"`\/]/g.test(two), other = /[/'"]\//i;
  if (ratio) /'/.exec("it\x27s");
  function half(a) { return /"/.test(a) ? a++ / 2 : a[0] / 2 / 'two\x21'.length; }
  document.write(unescape("%50roject%20Tern%2C %u0047r%F6%DFe %u20AC"), decodeURIComponent('Gr%C3%B6%C3%9Fe'), decode('%50'));
  var odd = "\0\b\v\f\q\'\uD83D\uDE00" + '\uD83D';
})(this);
