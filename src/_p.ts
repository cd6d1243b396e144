import { parseHtml } from './core/html/document';
for (const t of ['<script></scriptx></script><img src=a>','<script>a</script ><img src=a>','<script><a></script><img src=a>','<script></scriptx> </script ><img src=a>','<script></scriptx><i></script><img src=a>','<style></stylex><i></style><img src=a>'])
console.log(t, parseHtml(t).attributes('img','src').length, parseHtml(t).elements('*').map(e=>e.name+':'+e.startIndex).join());
