'use strict';

const fetcher = GraphiQL.createFetcher({ url: new URL('graphql', document.baseURI).href });
const page = React.createElement(GraphiQL, {
  fetcher,
  defaultEditorToolsVisibility: 'headers',
  defaultHeaders: '{\n  "Authorization": "Bearer "\n}',
  isHeadersEditorEnabled: true,
  shouldPersistHeaders: false,
});
ReactDOM.createRoot(document.getElementById('graphiql')).render(page);
