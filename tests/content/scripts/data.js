const url = "data:application/zlib;base64,eJwLKMrPSk0uUQhJLcrTUSjJSFXISSzNS85QKEvMKU0syczPU8gsVkjOz0vLTEnNK8lMzNELGNUyqmVUy9DXAgBaOXn0";
export default "\x54ern";
